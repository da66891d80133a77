using KickMonitor.Domain;
using KickMonitor.Domain.Accounts;
using KickMonitor.Web.Accounts;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;

namespace KickMonitor.Web.Api;

/// <summary>What /openapi/v1.json says besides the endpoints themselves.</summary>
internal static class ApiDescription
{
    private const string Token = "token";
    private const string Cookie = "cookie";

    public static void AddApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.ShouldInclude = endpoint => endpoint.RelativePath?.StartsWith("api/v1", StringComparison.Ordinal) == true;
        options.AddDocumentTransformer((document, context, _) =>
        {
            Describe(document, HostCookies.NameOf(HostCookies.Session, context.ApplicationServices.GetRequiredService<IConfiguration>()));
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            NameType(schema, context.JsonTypeInfo.Type);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().Any(a => a.Policy == Access.Admin))
            {
                operation.Description = $"{operation.Description} For Admins.".Trim();
            }

            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<NeedsScope>().LastOrDefault() is { } needs)
            {
                operation.Description = $"{operation.Description} A token needs the scope {TokenScopes.NameOf(needs.Scope)}.".Trim();
            }

            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<TakesIfMatch>().Any())
            {
                DescribeIfMatch(operation);
            }

            return Task.CompletedTask;
        });
    });

    private static void DescribeIfMatch(OpenApiOperation operation)
    {
        operation.Description = $"{operation.Description} With If-Match and the ETag that was read, nothing that somebody else changed meanwhile is overwritten: the answer is 412, and says who it was.".Trim();
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = "If-Match",
            In = ParameterLocation.Header,
            Description = "The ETag that was read, several, or *. Left out: whatever happened since.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        });
    }

    /// <summary>The framework cannot see what our converters write, which is text.</summary>
    private static void NameType(OpenApiSchema schema, Type type)
    {
        if (type.IsEnum || type == typeof(DateTimeOffset))
        {
            schema.Type = JsonSchemaType.String;
        }
        else if (type == typeof(DateTimeOffset?))
        {
            schema.Type = JsonSchemaType.String | JsonSchemaType.Null;
        }
    }

    private static void Describe(OpenApiDocument document, string cookieName)
    {
        document.Info = new OpenApiInfo
        {
            Title = "KickMonitor",
            Version = BuildInfo.Version,
            Description = "Live status and history of the Kick channels that you may see. Times are RFC 3339 in UTC. Lists are pages: send a page's next as after to go on. "
                + "Errors are application/problem+json. What can be changed is read with an ETag; sent back as If-Match it keeps a change from overwriting somebody else's. Live changes come over the SignalR hub at /hubs/live.",
        };

        // Addresses are relative: the host that a program asked is the one to go on asking.
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            [Token] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "km_…", Description = "A personal API token, made under /settings/tokens." },
            [Cookie] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Cookie, Name = cookieName, Description = "The cookie of a signed-in browser." },
        };
        document.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Token, document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Cookie, document)] = [] },
        ];
    }
}

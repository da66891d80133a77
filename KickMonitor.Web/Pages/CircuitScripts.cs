using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.JSInterop;

namespace KickMonitor.Web.Pages;

/// <summary>
/// Makes what circuits tell their pages' scripts cheaper to keep. Each circuit has JSON options of its own and learns every type
/// anew, with each number, text and list also the many interfaces that they implement: 60 KiB a page for what nothing is ever written as.
/// </summary>
internal static class CircuitScripts
{
    public static IServiceCollection AddLeanScripts(this IServiceCollection services)
    {
        var create = ActivatorUtilities.CreateFactory(services.Last(s => s.ServiceType == typeof(IJSRuntime)).ImplementationType!, Type.EmptyTypes);
        return services.AddScoped(provider =>
        {
            var runtime = (IJSRuntime)create(provider, null);
            OptionsOf((JSRuntime)runtime).TypeInfoResolver = ShapesOnly.Instance;
            return runtime;
        });
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_JsonSerializerOptions")]
    private static extern JsonSerializerOptions OptionsOf(JSRuntime runtime);

    private sealed class ShapesOnly : IJsonTypeInfoResolver
    {
        public static readonly ShapesOnly Instance = new();
        private readonly DefaultJsonTypeInfoResolver _all = new();

        public JsonTypeInfo? GetTypeInfo(Type type, JsonSerializerOptions options) =>
            (type.IsInterface && type.Namespace!.StartsWith(nameof(System), StringComparison.Ordinal)) || type == typeof(ValueType) || type == typeof(Enum)
                ? null
                : _all.GetTypeInfo(type, options);
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;
using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Streamers;

namespace KickMonitor.Web.Api;

/// <summary>How the API and the hub write JSON: camelCase, snake_case words for enumerations, instants in UTC with a Z, nulls written.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Page<StreamerView>))]
[JsonSerializable(typeof(Page<StatusEventView>))]
[JsonSerializable(typeof(Page<ViewerPoint>))]
[JsonSerializable(typeof(Page<BroadcastView>))]
[JsonSerializable(typeof(Page<UserView>))]
[JsonSerializable(typeof(CreatedUserView))]
[JsonSerializable(typeof(EntryLinkView))]
[JsonSerializable(typeof(TemporaryPasswordView))]
[JsonSerializable(typeof(Page<AssignmentView>))]
[JsonSerializable(typeof(GrantedRights))]
[JsonSerializable(typeof(ManyAssignments))]
[JsonSerializable(typeof(AssignedView))]
[JsonSerializable(typeof(Page<AuditView>))]
[JsonSerializable(typeof(StreamerDetailsView))]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(Page<EventView>))]
[JsonSerializable(typeof(Page<SettingView>))]
[JsonSerializable(typeof(Page<SettingChangeView>))]
[JsonSerializable(typeof(SettingChangeRequest))]
[JsonSerializable(typeof(Page<FlagView>))]
[JsonSerializable(typeof(FlagChangeRequest))]
[JsonSerializable(typeof(Page<JobView>))]
[JsonSerializable(typeof(NewStreamer))]
[JsonSerializable(typeof(StreamerChange))]
[JsonSerializable(typeof(NewUser))]
[JsonSerializable(typeof(Page<StreamerGroupView>))]
[JsonSerializable(typeof(NewGroup))]
[JsonSerializable(typeof(GroupChange))]
[JsonSerializable(typeof(Page<GroupAssignmentView>))]
[JsonSerializable(typeof(Page<TagView>))]
[JsonSerializable(typeof(TagChange))]
[JsonSerializable(typeof(StreamerTags))]
[JsonSerializable(typeof(UserChange))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.TypeInfoResolverChain.Insert(0, Default);
        options.Converters.Add(new UtcTime());
        options.Converters.Add(Words<StreamerStatus>());
        options.Converters.Add(Words<Source>());
        options.Converters.Add(Words<ViewerQuality>());
        options.Converters.Add(Words<StatusEventKind>());
        options.Converters.Add(Words<SourceState>());
        options.Converters.Add(Words<Role>());
        options.Converters.Add(Words<StreamerPriority>());
    }

    private static JsonStringEnumConverter<T> Words<T>()
        where T : struct, Enum => new(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

    /// <summary>2026-10-05T18:00:04Z, where the framework would write +00:00.</summary>
    private sealed class UtcTime : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
    }
}

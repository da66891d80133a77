using System.CommandLine;
using System.Text;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Streamers;
using Spectre.Console;

namespace KickMonitor.Web.Cli;

/// <summary>
/// <c>streamers import</c>. A line that is there twice or already watched is what the file wants to come true, so it is counted and no
/// refusal: a list can be imported again after it grew, or after Kick failed half-way.
/// </summary>
internal static class ImportVerb
{
    private const int LargestFile = 8 * 1024 * 1024;
    private static readonly Argument<string> Path = new("file") { Description = "One slug a line, or CSV; - reads stdin" };

    public static Command Create(Verb verb) => verb.Create("import", "Watch everybody in a list", ImportAsync, Path);

    private static async Task ImportAsync(Invocation call)
    {
        var (wanted, bad, doubled) = SortedList.Of(await ReadAsync(call));
        var refused = bad.ConvertAll(b => new RefusedLine(b.Line, b.Text, StreamerVerbs.Reason(new AddStreamer.NotASlug(b.Text))));
        await using var host = await call.OpenAsync();
        var report = new Report(wanted.Count, refused, doubled);
        var (intake, directory) = (host.Get<StreamerIntake>(), host.Get<StreamerDirectory>());
        var failed = call.Terminal.IsErrorTerminal && !call.Output.IsJson
            ? await WithProgressBarAsync(call, report, told => AddAsync(intake, directory, wanted, report, told, call.Ct))
            : await AddAsync(intake, directory, wanted, report, call.Output.IsJson ? () => { }
        : () => call.Terminal.Error.WriteLine(report.Progress), call.Ct);

        Tell(call.Output, report);
        if (failed is not null)
        {
            var failure = CliFailure.Of(failed.Failure);
            throw new CliFailure(failure.Code, $"{failure.Message} {Plain.Number(report.Left)} were not tried.", $"{failure.Hint} Importing the file again goes on.");
        }

        if (refused.Count > 0)
        {
            throw new CliFailure(ExitCode.Refused, $"{Plain.Number(refused.Count)} of {Plain.Number(wanted.Count + doubled + report.NeverAsked)} lines were refused.");
        }
    }

    /// <returns>The failure that ended it, if one did; there is no point in asking a Kick that is down 400 times.</returns>
    private static async Task<AddStreamer.KickFailed?> AddAsync(StreamerIntake intake, StreamerDirectory directory, List<ListedStreamer> wanted, Report report, Action told, CancellationToken ct)
    {
        await foreach (var outcome in intake.AddAsync(wanted.ConvertAll(w => w.Text), CallPriority.Usual, ct))
        {
            if (outcome is AddStreamer.KickFailed failed)
            {
                return failed;
            }

            if (outcome is AddStreamer.Added or AddStreamer.AlreadyWatched)
            {
                await directory.LabelAsync(outcome is AddStreamer.Added added ? added.BroadcasterUserId : ((AddStreamer.AlreadyWatched)outcome).BroadcasterUserId, wanted[report.Done], ct);
            }

            report.Note(wanted[report.Done], outcome);
            if (report.IsAtBatchEnd)
            {
                told();
            }
        }

        return null;
    }

    private static async Task<AddStreamer.KickFailed?> WithProgressBarAsync(Invocation call, Report report, Func<Action, Task<AddStreamer.KickFailed?>> add)
    {
        AddStreamer.KickFailed? failed = null;
        await Output.Canvas(call.Terminal.Error, call.Terminal, isInteractive: true).Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask("Importing", maxValue: Math.Max(report.Wanted, 1));
                failed = await add(() => bar.Value = report.Done);
            });
        return failed;
    }

    private static void Tell(Output output, Report report)
    {
        if (output.IsJson)
        {
            output.Json(new { added = report.Added, alreadyWatched = report.AlreadyWatched, duplicates = report.Doubled, notTried = report.Left, refused = report.Refused });
            return;
        }

        foreach (var line in report.Refused)
        {
            output.Line($"line {line.Line}: {line.Slug}: {line.Reason}");
        }

        output.Line($"Added {Plain.Number(report.Added)}, already watched {Plain.Number(report.AlreadyWatched)}, doubled {Plain.Number(report.Doubled)}, refused {Plain.Number(report.Refused.Count)}.");
    }

    private static async Task<IReadOnlyList<ListedStreamer>> ReadAsync(Invocation call)
    {
        string path = call.Value(Path);
        string text;
        try
        {
            text = path == "-" ? await ReadAsync(call.Terminal.In, call.Ct) : await ReadFileAsync(path, call.Ct);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliFailure(ExitCode.Refused, $"There is no file {path}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Refused, $"{path} cannot be read: {e.Message}");
        }

        var lines = StreamerList.Read(text);
        return lines.Count <= StreamerList.MostLines
            ? lines
            : throw new CliFailure(ExitCode.Refused, $"{path} has more than {Plain.Number(StreamerList.MostLines)} entries.", "Split it.");
    }

    private static async Task<string> ReadFileAsync(string path, CancellationToken ct)
    {
        using var reader = new StreamReader(path, Encoding.UTF8);
        return await ReadAsync(reader, ct);
    }

    private static async Task<string> ReadAsync(TextReader reader, CancellationToken ct)
    {
        var text = new StringBuilder();
        var buffer = new char[32 * 1024];
        while (await reader.ReadAsync(buffer, ct) is > 0 and var read)
        {
            text.Append(buffer, 0, read);
            if (text.Length > LargestFile)
            {
                throw new CliFailure(ExitCode.Refused, $"The list has more than {Plain.Number(LargestFile)} characters.", "Split it.");
            }
        }

        return text.ToString();
    }

    private sealed record RefusedLine(int Line, string Slug, string Reason);

    private sealed class Report(int wanted, List<RefusedLine> refused, int doubled)
    {
        public int Wanted => wanted;

        public List<RefusedLine> Refused => refused;

        public int Doubled => doubled;

        /// <summary>Refused without a look at Kick.</summary>
        public int NeverAsked { get; } = refused.Count;

        public int Done { get; private set; }

        public int Added { get; private set; }

        public int AlreadyWatched { get; private set; }

        public int Left => wanted - Done;

        public bool IsAtBatchEnd => Done == wanted || Done % Domain.Kick.KickClient.ChannelBatch == 0;

        public string Progress => $"{Plain.Number(Done)} of {Plain.Number(wanted)}: {Plain.Number(Added)} added, {Plain.Number(refused.Count)} refused";

        public void Note(ListedStreamer line, AddStreamer outcome)
        {
            Done++;
            switch (outcome)
            {
                case AddStreamer.Added:
                    Added++;
                    break;
                case AddStreamer.AlreadyWatched:
                    AlreadyWatched++;
                    break;
                default:
                    refused.Add(new RefusedLine(line.Line, line.Text, StreamerVerbs.Reason(outcome)));
                    break;
            }
        }
    }
}

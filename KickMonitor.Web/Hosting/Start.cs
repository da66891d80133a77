using KickMonitor.Domain.Accounts;
using KickMonitor.Domain.Configuration;
using KickMonitor.Domain.Configuration.Flags;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Domain.Streamers;
using KickMonitor.Web.Accounts;
using Microsoft.Extensions.Options;
using Npgsql;

namespace KickMonitor.Web.Hosting;

/// <summary>Whether the database is there, current, and read.</summary>
public sealed class Readiness
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsReady => _ready.Task.IsCompletedSuccessfully;

    public string? Problem { get; set; } = "starting";

    public Task Reached => _ready.Task;

    public void Reach()
    {
        Problem = null;
        _ready.TrySetResult();
    }
}

/// <summary>This node must not run on this database; the message says why and what to do.</summary>
public sealed class StartRefusedException(string message) : Exception(message);

/// <summary>
/// Brings the application up on its database before it listens. If the database cannot be reached, it goes on trying in the
/// background, and the readiness gate tells people meanwhile.
/// </summary>
public sealed partial class Start(
    Migrator migrator, KeyCheck keys, Rights rights, LiveBoard board, Groups groups, FirstAdmin firstAdmin, SetupCode setupCode, StreamerIntake intake, SettingStore settings, Flags flags,
    IOptions<AdminOptions> admin, SiteOptions site, DemoMode demoMode, Readiness readiness, IHostApplicationLifetime life, IServiceProvider services, ILogger<Start> logger) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (!await TryAsync(cancellationToken))
        {
            _background = Task.Run(RetryAsync, CancellationToken.None);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (demoMode.IsOn && services.GetService<Demo>() is { } demo)
        {
            _ = Task.Run(() => PopulateAsync(demo), CancellationToken.None);
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => _stop.CancelAsync();

    public async Task StopAsync(CancellationToken cancellationToken) => await _background;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stop.Dispose();

    private async Task RetryAsync()
    {
        try
        {
            do
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token);
            }
            while (!await TryAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
        }
        catch (StartRefusedException e)
        {
            Refused(e.Message);
            readiness.Problem = e.Message;
            Environment.ExitCode = 1;
            life.StopApplication();
        }
    }

    private async Task<bool> TryAsync(CancellationToken ct)
    {
        try
        {
            await migrator.MigrateAsync(ct);
            if (!await keys.PassesAsync(ct))
            {
                throw new StartRefusedException(
                    "The master key of this node is not the one that the database was begun with. Give every node the same KICKMONITOR_MASTER_KEY, or the same master.key file in its data directory. If a rotation was cut off (there is a master.key.next), finish it with: kickmonitor keys rotate");
            }

            await settings.StartAsync(ct);
            await flags.StartAsync(ct);
            await EnsureAdminAsync(ct);
            await rights.StartAsync(ct);
            await board.StartAsync(ct);
            await groups.StartAsync(ct);
            readiness.Reach();
            return true;
        }
        catch (NpgsqlException e) when (e is not PostgresException || e.IsTransient || e.SqlState is { } state && (state.StartsWith("57", StringComparison.Ordinal) || state.StartsWith("08", StringComparison.Ordinal)))
        {
            if (readiness.Problem != e.Message)
            {
                NoDatabase(e.Message);
                readiness.Problem = e.Message;
            }

            return false;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            throw new StartRefusedException($"The database refuses an account, or allows it too little: {e.MessageText}. What is needed: docs/operations.md, Accounts of the database.");
        }
        catch (RestorationCutOffException e)
        {
            throw new StartRefusedException(e.Message);
        }
    }

    private async Task EnsureAdminAsync(CancellationToken ct)
    {
        if (!await firstAdmin.IsMissingAsync(ct))
        {
            return;
        }

        if (admin.Value.Email is { Length: > 0 } email)
        {
            if (await firstAdmin.CreateAsync(email, admin.Value.Password, ct) is CreateUser.Refused refused)
            {
                AdminRefused(refused.Reason);
            }
        }
        else if (demoMode.IsOn)
        {
            const string demoEmail = "admin@demo.example";
            if (await firstAdmin.CreateAsync(demoEmail, null, ct) is CreateUser.Created { GeneratedPassword: { } password })
            {
                // On the console only: this Admin exists to look around, and a log file should not know the password.
                await Console.Out.WriteLineAsync($"\n  Demo mode. Sign in as {demoEmail} with the password {password}\n");
            }
        }
        else
        {
            SetupNeeded(site.PublicUrl?.TrimEnd('/') ?? string.Empty, setupCode.Value);
        }
    }

    private async Task PopulateAsync(Demo demo)
    {
        try
        {
            await readiness.Reached.WaitAsync(_stop.Token);
            if (board.Snapshot.All.Count > 0)
            {
                return;
            }

            await foreach (var _ in intake.AddAsync(demo.Slugs, CallPriority.Urgent, _stop.Token))
            {
                // Outcomes do not matter: whoever is already watched is watched.
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (NpgsqlException e)
        {
            NotPopulated(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The demo's streamers could not be added")]
    private partial void NotPopulated(Exception exception);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Reason}")]
    private partial void Refused(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The database cannot be reached ({Reason}); trying again every second")]
    private partial void NoDatabase(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The first Admin could not be created: {Reason}")]
    private partial void AdminRefused(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "There is no Admin yet. Open {Address}/setup and enter the code {Code}")]
    private partial void SetupNeeded(string address, string code);
}

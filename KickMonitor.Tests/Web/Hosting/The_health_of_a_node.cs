using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using KickMonitor.Domain.Backup;
using KickMonitor.Domain.Kick;
using KickMonitor.Domain.Monitoring;
using KickMonitor.Domain.Storage;
using KickMonitor.Web.Hosting;
using KickMonitor.Web.Jobs;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace KickMonitor.Tests.Web.Hosting;

public sealed class The_health_of_a_node(Postgres postgres) : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 10, 5, 18, 0, 0, TimeSpan.Zero);
    private Scenario _scenario = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _scenario = await Scenario.StartAsync(postgres, withKick: true);

    public ValueTask DisposeAsync() => _scenario.DisposeAsync();

    [Theory]
    [InlineData(0, HealthGrade.Good, null)]
    [InlineData(12, HealthGrade.Doubtful, "ahead")]
    [InlineData(-12, HealthGrade.Doubtful, "behind")]
    [InlineData(90, HealthGrade.Bad, "ahead")]
    [InlineData(-90, HealthGrade.Bad, "behind")]
    public async Task A_clock_that_goes_wrong_is_noticed_by_what_Kick_and_the_database_say(int seconds, HealthGrade grade, string? words)
    {
        var node = Node(new MovedTime(TimeSpan.FromSeconds(seconds)));
        var report = node.GetRequiredService<HealthReport>();
        (await FactAsync(report, "Clock against Kick")).Grade.ShouldBe(HealthGrade.Doubtful, "nobody was asked yet");

        (await node.GetRequiredService<KickClient>().FindChannelsAsync(["nobody"], CallPriority.Urgent, Ct)).IsOk.ShouldBeTrue();

        var kick = await FactAsync(report, "Clock against Kick");
        kick.Grade.ShouldBe(grade, kick.Words);
        if (words is not null)
        {
            kick.Words.ShouldContain(words);
            kick.Advice.ShouldNotBeNull().ShouldContain("NTP");
        }

        (await FactAsync(report, "Clock of the database")).Grade.ShouldBe(grade == HealthGrade.Good ? HealthGrade.Good : HealthGrade.Bad);
    }

    [Fact]
    public async Task The_audit_log_is_doubtful_where_the_account_that_serves_owns_it()
    {
        var apart = await FactAsync(Node(TimeProvider.System).GetRequiredService<HealthReport>(), "Audit log");
        apart.Grade.ShouldBe(HealthGrade.Good, apart.Words);

        await using var alone = new Scenario(postgres, await postgres.CreateDatabaseAsync(isEmpty: true), null, new TestClock());
        var node = Node(TimeProvider.System, scenario: alone);
        await node.GetRequiredService<Migrator>().MigrateAsync(Ct);
        (await FactAsync(node.GetRequiredService<HealthReport>(), "Audit log")).Grade.ShouldBe(HealthGrade.Doubtful);
    }

    [Theory]
    [InlineData(90, SslPolicyErrors.None, HealthGrade.Good)]
    [InlineData(13, SslPolicyErrors.None, HealthGrade.Doubtful)]
    [InlineData(-1, SslPolicyErrors.None, HealthGrade.Bad)]
    [InlineData(90, SslPolicyErrors.RemoteCertificateNameMismatch, HealthGrade.Bad)]
    public void A_certificate_is_doubtful_before_it_ends_and_bad_where_browsers_refuse_it(int days, SslPolicyErrors errors, HealthGrade grade)
    {
        var fact = HealthReport.Certificate("monitor.example", Now.UtcDateTime.AddDays(days), errors, Now);

        fact.Grade.ShouldBe(grade);
        fact.Words.ShouldContain($"({days.ToString(CultureInfo.InvariantCulture)} days)");
        fact.Advice.ShouldBe(days < 14 ? "Renew it." : null);
    }

    [Fact]
    public async Task The_certificate_that_people_get_is_looked_at_and_time_runs_out_for_it()
    {
        var real = TimeProvider.System.GetUtcNow();
        using var key = RSA.Create(2048);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(real.AddDays(-1), real.AddDays(60));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string url = $"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}";
        using var stop = new CancellationTokenSource();
        var serving = ServeAsync(listener, certificate, stop.Token);

        var now = await FactAsync(Node(new MovedTime(TimeSpan.Zero), url).GetRequiredService<HealthReport>(), "Certificate");
        var late = await FactAsync(Node(new MovedTime(TimeSpan.FromDays(50)), url).GetRequiredService<HealthReport>(), "Certificate");
        await stop.CancelAsync();
        await serving;
        listener.Stop();
        var gone = await FactAsync(Node(new MovedTime(TimeSpan.Zero), url).GetRequiredService<HealthReport>(), "Certificate");

        // Nobody signed it but itself.
        (now.Grade, now.Advice).ShouldBe((HealthGrade.Bad, null));
        now.Words.ShouldContain("localhost, until");
        now.Words.ShouldContain("refused by browsers");
        late.Words.ShouldContain("(10 days)");
        late.Advice.ShouldBe("Renew it.");
        gone.Grade.ShouldBe(HealthGrade.Doubtful);
        gone.Words.ShouldContain("cannot be reached from here");
    }

    [Fact]
    public async Task What_is_not_there_yet_or_failed_is_said_with_what_to_do()
    {
        var report = Node(TimeProvider.System).GetRequiredService<HealthReport>();

        (await FactAsync(report, "Database")).Grade.ShouldBe(HealthGrade.Good);
        (await FactAsync(report, "Scheduler")).Grade.ShouldBe(HealthGrade.Bad);
        (await FactAsync(report, "Backup")).Grade.ShouldBe(HealthGrade.Doubtful);
        await _scenario.QueryAsync("INSERT INTO backups (node, file, started_at, problem) VALUES ('n', '/b', now(), 'the disk is full')");
        var backup = await FactAsync(report, "Backup");
        (backup.Grade, backup.Words).ShouldBe((HealthGrade.Bad, "the disk is full"));
        backup.Advice.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(1, false, false, HealthGrade.Good, "being made")]
    [InlineData(10, false, false, HealthGrade.Bad, "never finished")]
    [InlineData(30, true, false, HealthGrade.Good, "/b on n")]
    [InlineData(50, true, false, HealthGrade.Doubtful, "/b on n")]
    [InlineData(50, true, true, HealthGrade.Good, "/b on n")]
    public async Task A_backup_is_as_good_as_it_is_whole_and_new(int hoursAgo, bool isFinished, bool isByHand, HealthGrade grade, string words)
    {
        var time = new MovedTime(TimeSpan.Zero);
        var report = Node(time, also: isByHand ? ("Backup:Every", "0") : null).GetRequiredService<HealthReport>();
        await _scenario.QueryAsync(
            "INSERT INTO backups (node, file, started_at, finished_at, bytes) VALUES ('n', '/b', $1, CASE WHEN $2 THEN $1 END, CASE WHEN $2 THEN 1000 END)", time.GetUtcNow().AddHours(-hoursAgo), isFinished);

        var fact = await FactAsync(report, "Backup");

        fact.Grade.ShouldBe(grade, fact.Words);
        fact.Words.ShouldContain(words);
        (fact.Advice is null).ShouldBe(grade == HealthGrade.Good);
    }

    private static async Task<HealthFact> FactAsync(HealthReport report, string name) => (await report.ReadAsync(Ct)).Single(f => f.Name == name);

    private static async Task ServeAsync(TcpListener listener, X509Certificate2 certificate, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(ct);
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, ct);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private IServiceProvider Node(TimeProvider time, string url = "http://monitor.example", (string Key, string Value)? also = null, Scenario? scenario = null) => (scenario ?? _scenario).AddNode(
        new Dictionary<string, string?> { ["PublicUrl"] = url, [also?.Key ?? "Backup:Keep"] = also?.Value ?? "7" }, time,
        also: services => services.AddSite().AddBackups("/nowhere").AddJobs((scenario ?? _scenario).Database, NodeName.Create()).AddSingleton<Readiness>().AddSingleton<IHostApplicationLifetime, Microsoft.Extensions.Hosting.Internal.ApplicationLifetime>().AddSingleton<IServer, NoServer>().AddSingleton<PublicAddress>().AddSingleton<HealthReport>());

    /// <summary>A clock that is wrong by so much.</summary>
    private sealed class MovedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }

    private sealed class NoServer : IServer
    {
        public IFeatureCollection Features { get; } = new FeatureCollection();

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
        }
    }
}

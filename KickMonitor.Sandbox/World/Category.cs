namespace KickMonitor.Sandbox;

public sealed record Category(int Id, string Name, string Tag);

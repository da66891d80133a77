namespace KickMonitor.Sandbox;

/// <summary>The world was asked for something that cannot be: a slug that is taken, a category nobody knows.</summary>
public sealed class ImpossibleException(string message) : Exception(message);

using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace KickMonitor.Tests;

/// <summary>bunit asks for a newer AngleSharp.Diffing than some package feeds carry; the one that is there does as well.</summary>
internal static class AngleSharpDiffing
{
    [ModuleInitializer]
    internal static void Load() => AssemblyLoadContext.Default.Resolving += (context, name) =>
        name.Name == "AngleSharp.Diffing" ? context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "AngleSharp.Diffing.dll")) : null;
}

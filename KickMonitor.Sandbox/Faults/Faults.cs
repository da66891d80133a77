namespace KickMonitor.Sandbox;

/// <summary>What goes wrong, for whom and how often.</summary>
public sealed class Faults(int seed, TimeProvider time)
{
    private readonly Lock _changing = new();
    private readonly List<Fault> _active = [];
    private readonly Random _dice = new(seed);
    private int _lastId;

    public Distortions Distortions { get; } = new();

    public RateLimit RateLimit { get; } = new(time);

    public IReadOnlyList<Fault> Active
    {
        get
        {
            lock (_changing)
            {
                return [.. _active];
            }
        }
    }

    public Fault Add(
        FaultKind kind,
        EndpointGroup group = EndpointGroup.All,
        int? count = null,
        double probability = 1,
        string? retryAfter = null) =>
        Add(new Fault(kind) { Group = group, Count = count, Probability = probability, RetryAfter = retryAfter });

    public Fault Add(Fault fault)
    {
        lock (_changing)
        {
            fault = fault with { Id = ++_lastId };
            _active.Add(fault);
            return fault;
        }
    }

    public bool Remove(int id)
    {
        lock (_changing)
        {
            return _active.RemoveAll(f => f.Id == id) > 0;
        }
    }

    /// <summary>Ends every fault; distortions and the rate limit stay.</summary>
    public void Clear()
    {
        lock (_changing)
        {
            _active.Clear();
        }
    }

    public void Reset()
    {
        Clear();
        Distortions.Reset();
        RateLimit.Reset();
    }

    /// <summary>Whether this fault hits this request; a hit uses up one of its count.</summary>
    internal bool Hits(Fault fault, EndpointGroup group)
    {
        if (fault.Group != EndpointGroup.All && fault.Group != group)
        {
            return false;
        }

        lock (_changing)
        {
            var at = _active.FindIndex(f => f.Id == fault.Id);
            if (at < 0 || _dice.NextDouble() >= _active[at].Probability)
            {
                return false;
            }

            if (_active[at].Count is { } left)
            {
                if (left <= 1)
                {
                    _active.RemoveAt(at);
                }
                else
                {
                    _active[at] = _active[at] with { Count = left - 1 };
                }
            }

            return true;
        }
    }
}

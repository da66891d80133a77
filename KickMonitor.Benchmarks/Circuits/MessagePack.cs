using System.Buffers.Binary;
using System.Text;

namespace KickMonitor.Benchmarks.Circuits;

/// <summary>As much of MessagePack as Blazor's protocol speaks. Written by hand: no package on the client's side to measure.</summary>
internal sealed class PackWriter
{
    private readonly List<byte> _bytes = new(256);

    public PackWriter Array(int count) => Byte((byte)(0x90 | count));

    public PackWriter EmptyMap() => Byte(0x80);

    public PackWriter Nil() => Byte(0xC0);

    public PackWriter Value(object? value) => value switch
    {
        null => Nil(),
        bool b => Byte(b ? (byte)0xC3 : (byte)0xC2),
        int n => Integer(n),
        long n => Integer(n),
        string text => Text(text),
        _ => throw new NotSupportedException($"{value.GetType()} is not sent."),
    };

    /// <summary>The message with its length before it.</summary>
    public byte[] ToFrame()
    {
        var frame = new List<byte>(_bytes.Count + 5);
        for (int left = _bytes.Count; ;)
        {
            frame.Add((byte)(left > 0x7F ? (left & 0x7F) | 0x80 : left));
            if ((left >>= 7) == 0)
            {
                break;
            }
        }

        return [.. frame, .. _bytes];
    }

    private PackWriter Integer(long value)
    {
        Span<byte> bytes = stackalloc byte[9];
        bytes[0] = 0xD3;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], value);
        _bytes.AddRange(bytes);
        return this;
    }

    private PackWriter Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Span<byte> head = stackalloc byte[5];
        head[0] = 0xDB;
        BinaryPrimitives.WriteInt32BigEndian(head[1..], utf8.Length);
        _bytes.AddRange(head);
        _bytes.AddRange(utf8);
        return this;
    }

    private PackWriter Byte(byte value)
    {
        _bytes.Add(value);
        return this;
    }
}

internal ref struct PackReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>Reads any value; binary ones are skipped, since nobody here draws them.</summary>
    public object? Read()
    {
        byte head = Take(1)[0];
        return head switch
        {
            <= 0x7F => (long)head,
            >= 0xE0 => (long)(sbyte)head,
            >= 0x80 and <= 0x8F => Map(head & 0x0F),
            >= 0x90 and <= 0x9F => Array(head & 0x0F),
            >= 0xA0 and <= 0xBF => Text(head & 0x1F),
            0xC0 => null,
            0xC2 => false,
            0xC3 => true,
            0xC4 => Bytes(Take(1)[0]),
            0xC5 => Bytes(BinaryPrimitives.ReadUInt16BigEndian(Take(2))),
            0xC6 => Bytes(BinaryPrimitives.ReadInt32BigEndian(Take(4))),
            0xCA => (double)BinaryPrimitives.ReadSingleBigEndian(Take(4)),
            0xCB => BinaryPrimitives.ReadDoubleBigEndian(Take(8)),
            0xCC => (long)Take(1)[0],
            0xCD => (long)BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            0xCE => (long)BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
            0xCF => (long)BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
            0xD0 => (long)(sbyte)Take(1)[0],
            0xD1 => (long)BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            0xD2 => (long)BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            0xD3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            0xD9 => Text(Take(1)[0]),
            0xDA => Text(BinaryPrimitives.ReadUInt16BigEndian(Take(2))),
            0xDB => Text(BinaryPrimitives.ReadInt32BigEndian(Take(4))),
            0xDC => Array(BinaryPrimitives.ReadUInt16BigEndian(Take(2))),
            _ => throw new NotSupportedException($"0x{head:X2} is not read."),
        };
    }

    private object?[] Array(int count)
    {
        var values = new object?[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = Read();
        }

        return values;
    }

    private object? Map(int count)
    {
        for (int i = 0; i < 2 * count; i++)
        {
            Read();
        }

        return null;
    }

    private string Text(int length) => Encoding.UTF8.GetString(Take(length));

    private byte[] Bytes(int length) => Take(length).ToArray();

    private ReadOnlySpan<byte> Take(int count)
    {
        var taken = _left[..count];
        _left = _left[count..];
        return taken;
    }
}

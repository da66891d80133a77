using System.Buffers.Binary;

namespace KickMonitor.Web.Pictures;

/// <summary>
/// Puts a picture that somebody uploads together anew from the parts that draw it. What else it carries stays behind: where and
/// with what it was taken, comments, whatever follows its end.
/// </summary>
public static class UploadedPicture
{
    private const int LongestSide = 2000;
    private const int LongestAdobe = 16;
    private static ReadOnlySpan<byte> PngStart => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <returns>Null if it is no PNG or JPEG, is broken, or is larger than 2,000 pixels a side.</returns>
    public static Picture? Read(byte[] bytes)
    {
        using var clean = new MemoryStream(bytes.Length);
        try
        {
            return bytes.AsSpan().StartsWith(PngStart) ? (IsPng(bytes, clean) ? new Picture(clean.ToArray(), "image/png") : null)
                : bytes is [0xFF, 0xD8, ..] && IsJpeg(bytes, clean) ? new Picture(clean.ToArray(), "image/jpeg")
                : null;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            // It ends in the middle of a part.
            return null;
        }
    }

    private static bool IsPng(ReadOnlySpan<byte> bytes, MemoryStream clean)
    {
        clean.Write(PngStart);
        bool hasData = false;
        for (var rest = bytes[PngStart.Length..]; ;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length)
            {
                return false;
            }

            var part = rest[..((int)length + 12)];
            var name = part.Slice(4, 4);
            var data = part[8..^4];
            if (clean.Length == PngStart.Length && !(name.SequenceEqual("IHDR"u8) && data.Length == 13 && IsSize(BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt32BigEndian(data[4..]))))
            {
                return false;
            }

            bool isData = name.SequenceEqual("IDAT"u8);
            bool isEnd = name.SequenceEqual("IEND"u8);
            if (isData || isEnd || name.SequenceEqual("IHDR"u8) || name.SequenceEqual("PLTE"u8) || name.SequenceEqual("tRNS"u8))
            {
                if (Crc(part[4..^4]) != BinaryPrimitives.ReadUInt32BigEndian(part[^4..]))
                {
                    return false;
                }

                clean.Write(part);
            }

            hasData |= isData;
            if (isEnd)
            {
                return hasData;
            }

            rest = rest[part.Length..];
        }
    }

    private static bool IsJpeg(ReadOnlySpan<byte> bytes, MemoryStream clean)
    {
        clean.Write(bytes[..2]);
        bool hasSize = false;
        for (int at = 2; ;)
        {
            var rest = bytes[at..];
            if (rest[0] != 0xFF)
            {
                return false;
            }

            byte mark = rest[1];
            if (mark == 0xFF)
            {
                at++;
                continue;
            }

            if (mark == 0xD9)
            {
                clean.Write(rest[..2]);
                return hasSize && clean.Length > 4;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) + 2;
            var part = rest[..length];
            switch (mark)
            {
                case 0xC0 or 0xC1 or 0xC2:
                    hasSize = IsSize(BinaryPrimitives.ReadUInt16BigEndian(part[7..]), BinaryPrimitives.ReadUInt16BigEndian(part[5..]));
                    if (!hasSize)
                    {
                        return false;
                    }

                    clean.Write(part);
                    break;

                // Tables, and Adobe's word on which colours are meant.
                case 0xDB or 0xC4 or 0xDD:
                case 0xEE when length <= LongestAdobe:
                    clean.Write(part);
                    break;
                case 0xDA:
                    length += Scan(rest[length..]);
                    clean.Write(rest[..length]);
                    break;
                case >= 0xE0 and <= 0xEF or 0xFE:
                    break;
                default:
                    return false;
            }

            at += length;
        }
    }

    /// <summary>How far the drawn lines go: to the next mark that is neither an escaped byte nor a point to resume at.</summary>
    private static int Scan(ReadOnlySpan<byte> data)
    {
        for (int at = 0; ; at++)
        {
            if (data[at..][0] == 0xFF && data[at..][1] is not (0 or (>= 0xD0 and <= 0xD7)))
            {
                return at;
            }
        }
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
            }
        }

        return ~crc;
    }

    private static bool IsSize(uint width, uint height) => width is > 0 and <= LongestSide && height is > 0 and <= LongestSide;
}

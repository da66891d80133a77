using System.Buffers.Binary;
using System.Text;
using KickMonitor.Web.Pictures;

namespace KickMonitor.Tests.Web.Pictures;

public sealed class Uploading_a_picture
{
    private static readonly byte[] Png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    // One grey pixel.
    private static readonly byte[] Jpeg = Convert.FromBase64String(
        "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=");

    private static readonly byte[] BaselineJpeg =
    [
        0xFF, 0xD8, 0xFF, 0xDB, 0, 4, 0, 1, 0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0, 0xFF, 0xC4, 0, 4, 0, 1, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xFF, 0, 0x34, 0xFF, 0xD0, 0x56, 0xFF, 0xD9,
    ];

    [Fact]
    public void A_plain_picture_stays_as_it_is()
    {
        UploadedPicture.Read(Png).ShouldNotBeNull().Bytes.ShouldBe(Png);
        UploadedPicture.Read(BaselineJpeg).ShouldNotBeNull().Bytes.ShouldBe(BaselineJpeg);
        UploadedPicture.Read(BaselineJpeg)!.ContentType.ShouldBe("image/jpeg");
    }

    [Fact]
    public void Where_it_was_taken_and_what_follows_its_end_stay_behind()
    {
        byte[] secret = Encoding.ASCII.GetBytes("GPS 40.4168 N 3.7038 W <script>");
        byte[] text = [0xFF, 0xFE, 0, (byte)(secret.Length + 2), .. secret];
        byte[] exif = [0xFF, 0xE1, 0, (byte)(secret.Length + 2), .. secret];

        UploadedPicture.Read([.. BaselineJpeg[..2], .. exif, .. text, .. BaselineJpeg[2..], .. secret]).ShouldNotBeNull().Bytes.ShouldBe(BaselineJpeg);
        UploadedPicture.Read([.. Png[..33], .. Chunk("tEXt", secret), .. Png[33..], .. secret]).ShouldNotBeNull().Bytes.ShouldBe(Png);
    }

    [Fact]
    public void What_is_cut_off_anywhere_is_no_picture()
    {
        for (int length = 0; length < Png.Length; length++)
        {
            UploadedPicture.Read(Png[..length]).ShouldBeNull($"PNG of {length}");
        }

        for (int length = 0; length < BaselineJpeg.Length; length++)
        {
            UploadedPicture.Read(BaselineJpeg[..length]).ShouldBeNull($"JPEG of {length}");
        }
    }

    [Fact]
    public void A_bent_bit_a_bomb_and_other_kinds_are_refused()
    {
        byte[] bent = [.. Png];
        bent[45] ^= 1;
        UploadedPicture.Read(bent).ShouldBeNull();

        byte[] huge = [.. Png];
        BinaryPrimitives.WriteInt32BigEndian(huge.AsSpan(16), 100_000);
        UploadedPicture.Read(huge).ShouldBeNull();
        byte[] tall = [.. BaselineJpeg];
        tall[13] = 0xFF;
        UploadedPicture.Read(tall).ShouldBeNull();
        UploadedPicture.Read(Jpeg).ShouldBeNull("arithmetic coding is drawn by nobody");

        UploadedPicture.Read("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"u8.ToArray()).ShouldBeNull();
        UploadedPicture.Read("GIF89a"u8.ToArray()).ShouldBeNull();
        UploadedPicture.Read([]).ShouldBeNull();
    }

    private static byte[] Chunk(string name, byte[] data)
    {
        byte[] chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        Encoding.ASCII.GetBytes(name).CopyTo(chunk, 4);
        data.CopyTo(chunk, 8);
        return chunk;
    }
}

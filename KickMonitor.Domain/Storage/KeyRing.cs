using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace KickMonitor.Domain.Storage;

/// <summary>Keeps the data-protection keys in the database, so that a cookie from one node is good on all.</summary>
public sealed class KeyRing(NpgsqlDataSource source) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var command = source.CreateCommand("SELECT xml FROM data_protection_keys ORDER BY id");
        using var reader = command.ExecuteReader();
        var elements = new List<XElement>();
        while (reader.Read())
        {
            elements.Add(XElement.Parse(reader.GetString(0)));
        }

        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var command = source.CreateCommand("INSERT INTO data_protection_keys (name, xml) VALUES ($1, $2)");
        command.Parameters.AddWithValue(friendlyName);
        command.Parameters.AddWithValue(element.ToString(SaveOptions.DisableFormatting));
        command.ExecuteNonQuery();
    }

    public static IServiceCollection Add(IServiceCollection services, MasterKey masterKey)
    {
        services.AddSingleton<KeyRing>();
        services.AddSingleton<KeyRotation>();
        return Configure(services, masterKey, provider => provider.GetRequiredService<KeyRing>());
    }

    internal static IServiceCollection Configure(IServiceCollection services, MasterKey masterKey, Func<IServiceProvider, IXmlRepository> repository)
    {
        services.AddSingleton(masterKey);

        // The name is part of every key's purpose; left to itself it would be the folder that a node was started in.
        services.AddDataProtection().SetApplicationName("KickMonitor")
            .UseCryptographicAlgorithms(new AuthenticatedEncryptorConfiguration { EncryptionAlgorithm = EncryptionAlgorithm.AES_256_GCM });
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(options =>
        {
            options.XmlRepository = repository(provider);
            options.XmlEncryptor = new KeyBox(masterKey);
        }));
        return services;
    }
}

/// <summary>Encrypts the key ring under the master key.</summary>
public sealed class KeyBox(MasterKey masterKey) : IXmlEncryptor
{
    internal const string Purpose = "data protection key ring";
    internal const string Element = "masterKeyEncrypted";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        byte[] box = masterKey.Encrypt(Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting)), Purpose);
        return new EncryptedXmlInfo(new XElement(Element, Convert.ToBase64String(box)), typeof(KeyUnboxer));
    }
}

/// <summary>Created by data protection itself, by the type name it finds beside the encrypted key.</summary>
public sealed class KeyUnboxer(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement) =>
        XElement.Parse(Encoding.UTF8.GetString(services.GetRequiredService<MasterKey>().Decrypt(Convert.FromBase64String(encryptedElement.Value), KeyBox.Purpose)));
}

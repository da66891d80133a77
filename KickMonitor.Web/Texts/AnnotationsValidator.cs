using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;

namespace KickMonitor.Web.Texts;

/// <summary>Holds a form to the annotations of its model when it is sent, in the reader's language.</summary>
public sealed class AnnotationsValidator : ComponentBase, IDisposable
{
    private ValidationMessageStore? _messages;

    [CascadingParameter]
    public required EditContext Form { get; set; }

    public void Dispose() => Form.OnValidationRequested -= Validate;

    protected override void OnInitialized()
    {
        _messages = new ValidationMessageStore(Form);
        Form.OnValidationRequested += Validate;
    }

    private void Validate(object? sender, ValidationRequestedEventArgs e)
    {
        var found = new List<ValidationResult>();
        Validator.TryValidateObject(Form.Model, new ValidationContext(Form.Model), found, validateAllProperties: true);
        _messages!.Clear();
        foreach (var result in found)
        {
            foreach (string member in result.MemberNames.DefaultIfEmpty(string.Empty))
            {
                _messages.Add(Form.Field(member), T.Known(result.ErrorMessage ?? string.Empty));
            }
        }

        Form.NotifyValidationStateChanged();
    }
}

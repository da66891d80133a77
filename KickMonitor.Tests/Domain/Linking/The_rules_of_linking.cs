using System.Reflection;
using KickMonitor.Tests.Browser;
using KickMonitor.Tests.Contract;
using KickMonitor.Tests.Domain.Storage;
using KickMonitor.Tests.Web.Accounts;
using KickMonitor.Tests.Web.Api;
using KickMonitor.Tests.Web.Cli;
using KickMonitor.Tests.Web.Hosting;
using KickMonitor.Tests.Web.Pictures;
using KickMonitor.Tests.Web.Webhooks;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>What people who attack OAuth clients try, and which test holds each of them off. A test that is renamed away is missed here.</summary>
public sealed class The_rules_of_linking
{
    private static readonly (string Rule, Type Story, string Test)[] Rules =
    [
        // Starting.
        ("PKCE with S256 on every start, and the verifier in the token call", typeof(Linking_an_account), nameof(Linking_an_account.The_way_out_names_an_S256_challenge_the_exact_address_and_the_code_flow_only)),
        ("the verifier is checked at the other side", typeof(UserTokenTests), nameof(UserTokenTests.A_code_needs_its_own_verifier_and_address)),
        ("verifiers are random and new", typeof(Linking_an_account), nameof(Linking_an_account.A_thousand_secrets_are_a_thousand_different_ones_of_43_url_safe_characters)),
        ("the standard's own example", typeof(Linking_an_account), nameof(Linking_an_account.The_challenge_is_that_of_the_standard)),
        ("a provider without PKCE is guarded by the state", typeof(Linking_an_account), nameof(Linking_an_account.Twitch_ignores_the_challenge_and_a_foreign_state_is_still_refused)),
        ("a state is good once", typeof(Linking_an_account), nameof(Linking_an_account.A_way_back_leads_in_once)),
        ("a state is good for ten minutes", typeof(Linking_an_account), nameof(Linking_an_account.Ten_minutes_are_enough_and_more_are_too_many)),
        ("a state belongs to the browser", typeof(Linking_an_account), nameof(Linking_an_account.Another_browser_is_refused_even_of_the_same_person)),
        ("a state belongs to the person", typeof(Linking_an_account), nameof(Linking_an_account.Another_person_and_nobody_are_refused)),
        ("a state is spent atomically", typeof(Linking_an_account), nameof(Linking_an_account.Of_twenty_who_come_back_with_one_state_one_asks_Kick)),
        ("a start is a POST with antiforgery; an address that is given out changes nothing", typeof(ConnectTests), nameof(ConnectTests.A_start_is_a_post_with_the_forms_own_token)),
        ("nothing but the code flow", typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.Who_somebody_is_says_the_providers_own_API_and_no_text_that_passes_through_the_browser)),
        ("granted scopes are read from the answer", typeof(Linking_an_account), nameof(Linking_an_account.Fewer_scopes_than_asked_for_are_noted)),

        // Coming back.
        ("the redirect address is configured, not asked of the request", typeof(ConnectTests), nameof(ConnectTests.The_way_out_is_a_303_with_a_cookie_that_no_script_reads_and_an_address_that_no_header_bends)),
        ("providers are not mixed up", typeof(Linking_an_account), nameof(Linking_an_account.A_code_of_one_provider_is_not_taken_at_the_address_of_another)),
        ("a named issuer must be the provider", typeof(Linking_an_account), nameof(Linking_an_account.An_issuer_that_is_not_the_provider_is_refused)),
        ("a provider's error needs a state too, and is shown as text", typeof(ConnectTests), nameof(ConnectTests.What_a_provider_says_is_never_markup)),
        ("missing, doubled and long parameters", typeof(ConnectTests), nameof(ConnectTests.A_malformed_way_back_is_a_400)),
        ("the same, before anybody is asked", typeof(Linking_an_account), nameof(Linking_an_account.What_lacks_a_part_is_refused_before_anybody_is_asked)),
        ("a clean address, no referrer, no store", typeof(ConnectTests), nameof(ConnectTests.The_way_back_ends_at_a_clean_address_that_is_stored_nowhere)),
        ("no open redirect after linking", typeof(ConnectTests), nameof(ConnectTests.The_way_back_never_leads_away)),
        ("no open redirect after signing in", typeof(SignInTests), nameof(SignInTests.Signing_in_leads_back_and_never_away)),
        ("pages are not framed", typeof(PageAccessTests), nameof(PageAccessTests.Every_answer_carries_the_headers_that_bind_browsers)),
        ("every sign-in is a new session", typeof(ConnectTests), nameof(ConnectTests.Signing_in_gives_a_new_session_and_signing_out_kills_every_copy_of_the_cookie)),
        ("Admins link soon after signing in", typeof(ConnectTests), nameof(ConnectTests.An_Admin_links_only_soon_after_signing_in)),
        ("forwarded headers of strangers", typeof(Behind_a_proxy), nameof(Behind_a_proxy.Who_a_request_comes_from_is_told_by_named_proxies_only_and_the_host_by_none)),

        // Tokens.
        ("no redirect is followed with our secret", typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.A_token_endpoint_that_points_elsewhere_is_not_followed_there_with_our_secret)),
        ("nor by refreshes, looks and revocations", typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.Neither_a_refresh_nor_a_look_nor_a_revocation_follows_a_redirect)),
        ("the client's secret is encoded, and in no address", typeof(A_secret_with_signs_in_it), nameof(A_secret_with_signs_in_it.It_arrives_as_it_is_and_never_in_an_address)),
        ("odd answers: HTML, too much, nothing", typeof(Linking_an_account), nameof(Linking_an_account.A_failing_token_endpoint_links_nothing_and_is_asked_once)),
        ("numbers as text", typeof(Linking_an_account), nameof(Linking_an_account.Numbers_may_come_as_text)),
        ("identity by the immutable id", typeof(Linking_an_account), nameof(Linking_an_account.A_renamed_account_is_the_same_one_and_linking_it_again_renews_it)),
        ("one account, one person", typeof(Linking_an_account), nameof(Linking_an_account.An_account_belongs_to_one_person)),
        ("another account of the same provider", typeof(Linking_an_account), nameof(Linking_an_account.Another_account_of_the_same_provider_is_not_exchanged_silently)),
        ("no id_token is trusted", typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.Who_somebody_is_says_the_providers_own_API_and_no_text_that_passes_through_the_browser)),

        // Refreshing.
        ("one refresh, however many ask", typeof(Keeping_tokens), nameof(Keeping_tokens.Fifty_callers_on_each_of_two_nodes_cost_one_refresh)),
        ("a crash before the commit", typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.A_crash_between_Kicks_answer_and_our_commit_is_made_good_by_the_next_round)),
        ("the same where tokens are single-use", typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.Where_tokens_are_single_use_that_crash_ends_the_link_in_words_and_never_in_a_loop)),
        ("invalid_grant is final", typeof(Keeping_tokens), nameof(Keeping_tokens.Invalid_grant_ends_the_link_erases_its_tokens_and_nobody_asks_again)),
        ("a lost answer", typeof(Keeping_tokens), nameof(Keeping_tokens.An_answer_lost_on_its_way_is_asked_for_again_within_the_window)),
        ("a lost answer where tokens are single-use", typeof(Keeping_tokens), nameof(Keeping_tokens.Where_tokens_are_single_use_a_lost_answer_ends_the_link_once_and_without_a_loop)),
        ("what is not the grant's fault", typeof(Keeping_tokens), nameof(Keeping_tokens.What_is_not_the_grants_fault_never_signs_anybody_out)),
        ("one refresh after a 401", typeof(Keeping_tokens), nameof(Keeping_tokens.A_401_refreshes_once_and_a_second_one_does_not_loop)),
        ("expiry from before the question", typeof(Keeping_tokens), nameof(Keeping_tokens.The_expiry_counts_from_before_the_question)),
        ("months without attention", typeof(Keeping_tokens), nameof(Keeping_tokens.Four_months_with_faults_on_every_eighth_call_leave_the_link_healthy)),

        // Storage.
        ("a sealed value opens in its own row only", typeof(Keeping_tokens), nameof(Keeping_tokens.A_sealed_token_moved_to_another_row_or_bent_by_a_bit_ends_one_link_and_no_other)),
        ("the master key can be replaced", typeof(LinksTests), nameof(LinksTests.A_new_master_key_opens_everything_that_the_old_one_did_and_the_old_one_nothing)),
        ("and the replacement may be cut off", typeof(LinksTests), nameof(LinksTests.A_rotation_that_was_cut_off_after_the_database_took_the_new_key_is_finished_by_doing_it_again)),
        ("no nonce twice", typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.The_same_thing_sealed_ten_thousand_times_looks_different_each_time)),
        ("a key that is none", typeof(Keys), nameof(Keys.A_setting_that_is_no_key_is_refused_with_the_way_to_make_one)),
        ("a key that everybody reads", typeof(Keys), nameof(Keys.A_key_that_everybody_can_read_or_change_is_refused)),
        ("cookies' keys are protected and shared", typeof(Keys), nameof(Keys.What_one_node_protects_another_reads_and_the_database_reveals_nothing)),
        ("tables hold nothing that opens an account", typeof(Keeping_tokens), nameof(Keeping_tokens.Nothing_that_opens_an_account_stands_in_any_table_or_log)),

        // Logs and errors.
        ("no secret in a dump, a log, a page, an answer, a metric", typeof(SilenceTests), nameof(SilenceTests.No_secret_is_in_a_dump_the_write_ahead_log_the_log_a_page_an_answer_or_the_metrics)),
        ("what happened is written down", typeof(Keeping_tokens), nameof(Keeping_tokens.Invalid_grant_ends_the_link_erases_its_tokens_and_nobody_asks_again)),

        // Ending.
        ("unlinking revokes", typeof(Keeping_tokens), nameof(Keeping_tokens.Unlinking_tells_Kick_and_leaves_no_token_and_no_channel)),
        ("unlinking does not wait for the provider", typeof(Keeping_tokens), nameof(Keeping_tokens.Unlinking_takes_effect_at_once_though_Kick_does_not_listen_and_Kick_hears_of_it_later)),
        ("an end at the provider, noticed by looking", typeof(Keeping_tokens), nameof(Keeping_tokens.A_link_ended_at_Kick_is_noticed_when_it_is_looked_at)),
        ("an end at the provider, noticed by using", typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.A_link_ended_at_Kick_is_noticed_by_whoever_uses_it_next)),
        ("an end at the provider, noticed within the hour", typeof(Keeping_tokens), nameof(Keeping_tokens.Twitch_is_asked_hourly_and_a_disconnect_there_is_noticed_within_the_hour)),
        ("who leaves is unlinked", typeof(Keeping_tokens), nameof(Keeping_tokens.Who_leaves_takes_everything_along_and_Kick_is_told)),
        ("only the owner unlinks", typeof(Keeping_tokens), nameof(Keeping_tokens.Nobody_unlinks_what_is_not_theirs)),
        ("no form without its token", typeof(ConnectTests), nameof(ConnectTests.No_form_of_the_settings_is_taken_without_its_own_token)),

        // The same boundary elsewhere.
        ("webhooks are verified before they are read", typeof(ForgedSignatureTests), nameof(ForgedSignatureTests)),
        ("webhooks are bounded", typeof(FloodTests), nameof(FloodTests)),
        ("addresses that others name lead nowhere inside", typeof(Fetching_pictures), nameof(Fetching_pictures.What_is_no_picture_is_refused)),
        ("starts are bounded", typeof(ConnectTests), nameof(ConnectTests.Ten_starts_a_minute_are_enough)),
        ("knocking is bounded", typeof(ConnectTests), nameof(ConnectTests.Sixty_knocks_a_minute_are_enough_for_anybody)),
        ("states are purged", typeof(Linking_an_account), nameof(Linking_an_account.What_nobody_came_back_for_is_forgotten)),
        ("cookies are bound to the host", typeof(Behind_a_proxy), nameof(Behind_a_proxy.Cookies_are_bound_to_this_very_host_where_people_come_by_https)),
        ("the session is there on the way back", typeof(LinkingTests), nameof(LinkingTests.A_fresh_user_links_a_Kick_account_keeps_it_and_unlinks_it)),
        ("nobody learns who has an account", typeof(Signing_in_by_password), nameof(Signing_in_by_password.Unknown_wrong_disabled_and_resting_get_the_same_answer_for_the_same_work_in_the_same_time)),
        ("guessing is bounded by account", typeof(Signing_in_by_password), nameof(Signing_in_by_password.After_ten_failures_an_account_rests_for_a_quarter_of_an_hour_even_for_the_right_password)),
        ("guessing is bounded by address", typeof(Signing_in_by_password), nameof(Signing_in_by_password.An_address_that_fails_fifty_times_is_turned_away_before_anything_is_hashed)),
        ("tokens open what they are for", typeof(RoleMatrixTests), nameof(RoleMatrixTests.A_token_without_a_routes_scope_is_refused_whoever_owns_it)),
    ];

    [Fact]
    public void Each_is_held_by_a_test_that_runs()
    {
        var without = Rules.Where(r => !TestsOf(r.Story).Any(t => r.Test == r.Story.Name || t.Name == r.Test)).Select(r => r.Rule);

        without.ShouldBeEmpty();
        Rules.Select(r => r.Rule).Distinct(StringComparer.Ordinal).Count().ShouldBe(Rules.Length);
    }

    private static IEnumerable<MethodInfo> TestsOf(Type story) =>
        story.GetMethods().Where(m => m.GetCustomAttribute<FactAttribute>() is { Skip: null });
}

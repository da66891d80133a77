using System.Reflection;
using System.Text.RegularExpressions;
using KickMonitor.Tests.Browser;
using KickMonitor.Tests.Contract;
using KickMonitor.Tests.Domain.Accounts;
using KickMonitor.Tests.Domain.Configuration;
using KickMonitor.Tests.Domain.Events;
using KickMonitor.Tests.Domain.Storage;
using KickMonitor.Tests.Web;
using KickMonitor.Tests.Web.Accounts;
using KickMonitor.Tests.Web.Api;
using KickMonitor.Tests.Web.Cli;
using KickMonitor.Tests.Web.Hosting;
using KickMonitor.Tests.Web.Pictures;
using KickMonitor.Tests.Web.Webhooks;

namespace KickMonitor.Tests.Domain.Linking;

/// <summary>
/// The rules for a client of OAuth that a server hosts, by their usual ids (A starting, B coming back, C token calls, D refresh, E storage,
/// F logs, G ending, H webhooks, I other; S is this product's own), and which tests hold each. A test that is renamed away is missed here.
/// </summary>
public sealed partial class The_rules_of_linking
{
    private static readonly (string Id, string Rule, (Type Story, string Test)[] Tests)[] Rules =
    [
        // A. Starting the flow
        ("A1", "PKCE on every code flow, also with a secret; S256 only",
            [(typeof(Linking_an_account), nameof(Linking_an_account.The_way_out_names_an_S256_challenge_the_exact_address_and_the_code_flow_only)), (typeof(UserTokenTests), nameof(UserTokenTests.A_code_needs_its_own_verifier_and_address))]),
        ("A2", "verifier: 32 random bytes, base64url, 43 characters, new for each request; the standard's own vector",
            [(typeof(Linking_an_account), nameof(Linking_an_account.A_thousand_secrets_are_a_thousand_different_ones_of_43_url_safe_characters)), (typeof(Linking_an_account), nameof(Linking_an_account.The_challenge_is_that_of_the_standard))]),
        ("A3", "where a provider ignores PKCE, state carries the CSRF defence",
            [(typeof(Linking_an_account), nameof(Linking_an_account.Twitch_ignores_the_challenge_and_a_foreign_state_is_still_refused))]),
        ("A4", "state: random, one use, ten minutes, stored as its SHA-256 only",
            [(typeof(Linking_an_account), nameof(Linking_an_account.A_way_back_leads_in_once)), (typeof(Linking_an_account), nameof(Linking_an_account.Ten_minutes_are_enough_and_more_are_too_many)), (typeof(Saying_nothing), nameof(Saying_nothing.Nothing_that_opens_an_account_stands_in_any_table_or_log))]),
        ("A5", "state is bound to the browser, and to the person who started",
            [(typeof(Linking_an_account), nameof(Linking_an_account.Another_browser_is_refused_even_of_the_same_person)), (typeof(Linking_an_account), nameof(Linking_an_account.Another_person_and_nobody_are_refused)), (typeof(ConnectTests), nameof(ConnectTests.Another_browser_and_a_browser_that_signed_out_get_a_page_and_no_link))]),
        ("A6", "consume state atomically",
            [(typeof(Linking_an_account), nameof(Linking_an_account.Of_twenty_who_come_back_with_one_state_one_asks_Kick))]),
        ("A7", "start is a POST with antiforgery token, not a plain GET link",
            [(typeof(ConnectTests), nameof(ConnectTests.A_start_is_a_post_with_the_forms_own_token))]),
        ("A8", "start links given out in chat change nothing by being opened: no address starts a flow",
            [(typeof(ConnectTests), nameof(ConnectTests.A_start_is_a_post_with_the_forms_own_token))]),
        ("A9", "response_type=code only; never implicit or password grants",
            [(typeof(Linking_an_account), nameof(Linking_an_account.The_way_out_names_an_S256_challenge_the_exact_address_and_the_code_flow_only)), (typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.Who_somebody_is_says_the_providers_own_API_and_no_text_that_passes_through_the_browser))]),
        ("A10", "smallest scopes; granted scopes are re-read from the answer and checked",
            [(typeof(Linking_an_account), nameof(Linking_an_account.Fewer_scopes_than_asked_for_are_noted)), (typeof(LinkingTests), nameof(LinkingTests.What_was_not_allowed_is_shown_as_off))]),
        ("A11", "a PKCE downgrade is noticed: challenge and verifier are always sent",
            [(typeof(Any_authorization_server), nameof(Any_authorization_server.The_verifier_is_sent_whether_or_not_anybody_looks_at_it_and_its_hash_is_the_challenge))]),

        // B. Coming back
        ("B1", "redirect URI is one fixed, absolute URI per provider, from configuration, not from the Host header",
            [(typeof(ConnectTests), nameof(ConnectTests.The_way_out_is_a_303_with_a_cookie_that_no_script_reads_and_an_address_that_no_header_bends))]),
        ("B2", "mix-up defence: the state's provider must equal the route's",
            [(typeof(Linking_an_account), nameof(Linking_an_account.A_code_of_one_provider_is_not_taken_at_the_address_of_another))]),
        ("B3", "iss: required and compared exactly where announced, refused where it differs",
            [(typeof(Any_authorization_server), nameof(Any_authorization_server.Whoever_announces_its_name_must_say_it_exactly)), (typeof(Linking_an_account), nameof(Linking_an_account.An_issuer_that_is_not_the_provider_is_refused))]),
        ("B4", "error answers also need a valid state; text is shown only encoded",
            [(typeof(ConnectTests), nameof(ConnectTests.What_a_provider_says_is_never_markup)), (typeof(Linking_an_account), nameof(Linking_an_account.Who_cancels_is_told_so_and_spends_the_state))]),
        ("B5", "missing, doubled or too long parameters are refused before any outgoing call",
            [(typeof(ConnectTests), nameof(ConnectTests.A_malformed_way_back_is_a_400_with_the_words_for_it)), (typeof(Linking_an_account), nameof(Linking_an_account.What_lacks_a_part_is_refused_before_anybody_is_asked))]),
        ("B6", "code is exchanged once, at once; never logged or stored",
            [(typeof(Linking_an_account), nameof(Linking_an_account.A_failing_token_endpoint_links_nothing_and_is_asked_once)), (typeof(SilenceTests), nameof(SilenceTests.No_secret_is_in_a_dump_the_write_ahead_log_the_log_a_trace_a_page_an_answer_or_the_metrics))]),
        ("B7", "after the callback a clean local URL; no referrer, no store",
            [(typeof(ConnectTests), nameof(ConnectTests.The_way_back_ends_at_a_clean_address_that_is_stored_nowhere))]),
        ("B8", "open redirect: the return path is local, else home",
            [(typeof(ConnectTests), nameof(ConnectTests.The_way_back_never_leads_away)), (typeof(SignInTests), nameof(SignInTests.Signing_in_leads_back_and_never_away)), (typeof(Accounts_from_outside), nameof(Accounts_from_outside.A_return_address_stays_on_this_site))]),
        ("B9", "use 303 after a POST",
            [(typeof(ConnectTests), nameof(ConnectTests.The_way_out_is_a_303_with_a_cookie_that_no_script_reads_and_an_address_that_no_header_bends)), (typeof(RefusedFormsTests), nameof(RefusedFormsTests.A_form_that_is_taken_leads_on_by_a_get))]),
        ("B10", "framing of login and confirm pages is denied",
            [(typeof(PageAccessTests), nameof(PageAccessTests.Every_answer_carries_the_headers_that_bind_browsers))]),
        ("B11", "session id is renewed at sign-in; linking needs recent authentication for admins",
            [(typeof(OwnSettingsTests), nameof(OwnSettingsTests.Signing_in_gives_a_new_session_and_signing_out_kills_every_copy_of_the_cookie)), (typeof(ConnectTests), nameof(ConnectTests.An_Admin_links_only_soon_after_signing_in))]),
        ("B12", "forwarded headers are accepted only from configured proxies",
            [(typeof(Behind_a_proxy), nameof(Behind_a_proxy.Who_a_request_comes_from_is_told_by_named_proxies_only_and_the_host_by_none))]),

        // C. Token calls
        ("C1", "no redirects followed on token, userinfo, revoke calls",
            [(typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.A_token_endpoint_that_points_elsewhere_is_not_followed_there_with_our_secret)), (typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.Neither_a_refresh_nor_a_look_nor_a_revocation_follows_a_redirect))]),
        ("C2", "client authentication as the provider wants, encoded; never in the query",
            [(typeof(A_secret_with_signs_in_it), nameof(A_secret_with_signs_in_it.It_arrives_as_it_is_and_never_in_an_address))]),
        ("C3", "answers: limits, JSON checked, token_type, access_token, expires_in sane",
            [(typeof(Any_authorization_server), nameof(Any_authorization_server.Odd_answers_come_to_the_right_end)), (typeof(Linking_an_account), nameof(Linking_an_account.A_failing_token_endpoint_links_nothing_and_is_asked_once)), (typeof(Linking_an_account), nameof(Linking_an_account.Numbers_may_come_as_text))]),
        ("C4", "identity from the provider's own call, keyed by the immutable id",
            [(typeof(Linking_an_account), nameof(Linking_an_account.A_renamed_account_is_the_same_one_and_linking_it_again_renews_it))]),
        ("C5", "one external account, one local user; the second is refused",
            [(typeof(Linking_an_account), nameof(Linking_an_account.An_account_belongs_to_one_person))]),
        ("C6", "id_token, if used: none is asked for or read",
            [(typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.Who_somebody_is_says_the_providers_own_API_and_no_text_that_passes_through_the_browser))]),
        ("C7", "re-link replaces the tokens and must be the same external id",
            [(typeof(Linking_an_account), nameof(Linking_an_account.Another_account_of_the_same_provider_is_not_exchanged_silently)), (typeof(Giving_grants_back), nameof(Giving_grants_back.Linking_again_with_other_scopes_gives_the_grant_before_back))]),

        // D. Refresh
        ("D1", "a single refresh at a time per link, across processes",
            [(typeof(Refreshing_in_time), nameof(Refreshing_in_time.Fifty_callers_on_each_of_two_nodes_cost_one_refresh))]),
        ("D2", "the new refresh token replaces the old before the access token is used",
            [(typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.A_crash_between_Kicks_answer_and_our_commit_is_made_good_by_the_next_round)), (typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.Where_tokens_are_single_use_that_crash_ends_the_link_in_words_and_never_in_a_loop)),
             (typeof(New_tokens_in_hand), nameof(New_tokens_in_hand.They_are_stored_without_anybody_asking_as_soon_as_the_database_takes_them)), (typeof(New_tokens_in_hand), nameof(New_tokens_in_hand.They_are_given_back_when_the_person_meanwhile))]),
        ("D3", "invalid_grant: delete tokens, mark, tell once, stop the jobs",
            [(typeof(When_a_refresh_fails), nameof(When_a_refresh_fails.Invalid_grant_ends_the_link_erases_its_tokens_and_nobody_asks_again))]),
        ("D4", "lost-answer grace: retry with the same token within seconds, then D3",
            [(typeof(When_a_refresh_fails), nameof(When_a_refresh_fails.An_answer_lost_on_its_way_is_asked_for_again_within_the_window)), (typeof(When_a_refresh_fails), nameof(When_a_refresh_fails.Where_tokens_are_single_use_a_lost_answer_ends_the_link_once_and_without_a_loop))]),
        ("D5", "errors split: final, misconfigured, back off, and refusals without a reason",
            [(typeof(Any_authorization_server), nameof(Any_authorization_server.The_grants_end_our_mistake_the_providers_trouble_and_a_riddle_are_told_apart)), (typeof(When_a_refresh_fails), nameof(When_a_refresh_fails.What_is_not_the_grants_fault_never_signs_anybody_out)), (typeof(When_a_refresh_fails), nameof(When_a_refresh_fails.Refused_for_a_day_without_a_reason_a_link_is_given_up_and_given_back)), (typeof(When_a_refresh_fails), nameof(When_a_refresh_fails.A_failing_refresh_is_tried_less_and_less_often))]),
        ("D6", "refresh early, and again on one 401 per call, never more",
            [(typeof(Refreshing_in_time), nameof(Refreshing_in_time.Links_are_refreshed_at_about_four_fifths_of_their_life_and_not_all_at_once)), (typeof(Refreshing_in_time), nameof(Refreshing_in_time.A_401_refreshes_once_and_a_second_one_does_not_loop))]),
        ("D7", "clock: expiry is computed from the time before the request",
            [(typeof(Refreshing_in_time), nameof(Refreshing_in_time.The_expiry_counts_from_before_the_question))]),
        ("D8", "absolute lifetimes are known per provider",
            [(typeof(When_a_refresh_fails), nameof(When_a_refresh_fails.Twitch_is_asked_hourly_and_a_disconnect_there_is_noticed_within_the_hour)), (typeof(Refreshing_in_time), nameof(Refreshing_in_time.Four_months_with_faults_on_every_eighth_call_leave_the_link_healthy))]),

        // E. Storage
        ("E1", "tokens are encrypted at rest, bound to row and use, so that a value cannot be moved",
            [(typeof(Refreshing_in_time), nameof(Refreshing_in_time.A_sealed_token_moved_to_another_row_or_bent_by_a_bit_ends_one_link_and_no_other))]),
        ("E2", "key id in each value; rotation re-encrypts all; the old key can be removed",
            [(typeof(LinksTests), nameof(LinksTests.After_a_rotation_nothing_is_sealed_with_an_old_key_and_no_cookie_that_one_makes_is_good)), (typeof(LinksTests), nameof(LinksTests.A_rotation_that_was_cut_off_after_the_database_took_the_new_key_is_finished_by_doing_it_again))]),
        ("E3", "nonce random, never reused per key",
            [(typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.The_same_thing_sealed_ten_thousand_times_looks_different_each_time))]),
        ("E4", "key material from file or environment with mode check, refused when it is none",
            [(typeof(Keys), nameof(Keys.A_setting_that_is_no_key_is_refused_with_the_way_to_make_one)), (typeof(Keys), nameof(Keys.A_key_that_everybody_can_read_or_change_is_refused))]),
        ("E5", "dumps hold no plain token",
            [(typeof(SilenceTests), nameof(SilenceTests.No_secret_is_in_a_dump_the_write_ahead_log_the_log_a_trace_a_page_an_answer_or_the_metrics))]),
        ("E6", "cookies' keys are persisted and protected too",
            [(typeof(Keys), nameof(Keys.What_one_node_protects_another_reads_and_the_database_reveals_nothing)), (typeof(LinksTests), nameof(LinksTests.After_a_rotation_nothing_is_sealed_with_an_old_key_and_no_cookie_that_one_makes_is_good))]),
        ("E7", "states, entry links, API keys of ours are stored as SHA-256 only",
            [(typeof(Saying_nothing), nameof(Saying_nothing.Nothing_that_opens_an_account_stands_in_any_table_or_log)), (typeof(Helping_people_in), nameof(Helping_people_in.A_link_ends_when_it_is_old_replaced_or_its_owner_is_shut_out))]),

        // F. Logs and errors
        ("F1", "no code, state, verifier, token, secret, cookie in logs, traces, metrics or the browser",
            [(typeof(SilenceTests), nameof(SilenceTests.No_secret_is_in_a_dump_the_write_ahead_log_the_log_a_trace_a_page_an_answer_or_the_metrics)), (typeof(Saying_nothing), nameof(Saying_nothing.Nothing_that_opens_an_account_stands_in_any_trace))]),
        ("F2", "job arguments carry link ids only",
            [(typeof(SilenceTests), nameof(SilenceTests.No_secret_is_in_a_dump_the_write_ahead_log_the_log_a_trace_a_page_an_answer_or_the_metrics))]),
        ("F3", "request logging drops query strings on callback and webhook routes",
            [(typeof(ConnectTests), nameof(ConnectTests.The_way_back_ends_at_a_clean_address_that_is_stored_nowhere))]),
        ("F4", "user-facing errors are neutral with a correlation id",
            [(typeof(ConnectTests), nameof(ConnectTests.What_a_provider_says_is_never_markup)), (typeof(ErrorsTests), nameof(ErrorsTests.A_failure_of_ours_leaves_a_trace_and_no_inside))]),
        ("F5", "audit log: linked, refreshed, failed, unlinked, by whom, without secrets",
            [(typeof(Ending_a_link), nameof(Ending_a_link.Every_turn_of_a_link_is_written_down_with_who_did_it))]),

        // G. Ending a link
        ("G1", "unlink revokes at the provider where it can",
            [(typeof(Ending_a_link), nameof(Ending_a_link.Unlinking_tells_Kick_and_leaves_no_token_and_no_channel))]),
        ("G2", "local deletion happens even when revoke fails; retried in the background, for a limited time",
            [(typeof(Ending_a_link), nameof(Ending_a_link.Unlinking_takes_effect_at_once_though_Kick_does_not_listen_and_Kick_hears_of_it_later)), (typeof(Giving_grants_back), nameof(Giving_grants_back.Whatever_is_no_yes_is_asked_again_less_and_less_often_until_it_is_one)), (typeof(Giving_grants_back), nameof(Giving_grants_back.What_cannot_be_told_without_credentials_waits_for_them_and_after_a_week_nothing_is_kept))]),
        ("G3", "provider-side disconnects are noticed",
            [(typeof(When_a_refresh_fails), nameof(When_a_refresh_fails.Twitch_is_asked_hourly_and_a_disconnect_there_is_noticed_within_the_hour)), (typeof(What_providers_do_wrong), nameof(What_providers_do_wrong.A_link_ended_at_Kick_is_noticed_by_whoever_uses_it_next)), (typeof(When_a_refresh_fails), nameof(When_a_refresh_fails.A_link_ended_at_Kick_is_noticed_when_it_is_looked_at))]),
        ("G4", "deleting a user unlinks everything and removes subscriptions made for them",
            [(typeof(Leaving_for_good), nameof(Leaving_for_good.A_channel_that_is_watched_for_its_owner_alone_is_watched_no_longer_and_its_subscriptions_go)), (typeof(Leaving_for_good), nameof(Leaving_for_good.The_account_and_what_Kick_has_to_be_told_go_in_one_step))]),
        ("G5", "unlink is a POST with antiforgery; only the owner or an admin",
            [(typeof(OwnSettingsTests), nameof(OwnSettingsTests.No_form_of_the_settings_is_taken_without_its_own_token)), (typeof(Ending_a_link), nameof(Ending_a_link.Nobody_unlinks_what_is_not_theirs))]),

        // H. Webhooks in (same trust boundary)
        ("H1", "verify on raw bytes before parsing; body limit before reading",
            [(typeof(ForgedSignatureTests), nameof(ForgedSignatureTests.A_forgery_is_401_and_leaves_nothing)), (typeof(ReceptionTests), nameof(ReceptionTests.A_body_of_unknown_length_is_413_as_soon_as_it_is_too_long))]),
        ("H2", "one-time ids kept in the database: a replay has no second effect",
            [(typeof(ReceptionTests), nameof(ReceptionTests.The_same_message_is_stored_once_however_often_it_comes))]),
        ("H3", "unsigned hooks are hints: there are none, whatever is not signed is refused",
            [(typeof(ForgedSignatureTests), nameof(ForgedSignatureTests.What_is_no_signature_at_all_is_401))]),
        ("H4", "answer fast, work in a queue; handlers idempotent",
            [(typeof(ReceptionTests), nameof(ReceptionTests.A_new_message_that_comes_fifty_times_at_once_is_stored_once)), (typeof(Once_in_effect), nameof(Once_in_effect.Each_event_told_twice_under_different_ids_acts_once_and_the_second_names_the_first))]),
        ("H5", "no secret in the URL: a delivery is proven by its signature's header alone",
            [(typeof(ReceptionTests), nameof(ReceptionTests.A_missing_or_malformed_header_is_400))]),

        // I. Other
        ("I1", "outgoing URLs that others name are allow-listed; no internal addresses, redirects off",
            [(typeof(Fetching_pictures), nameof(Fetching_pictures.Only_known_hosts_are_asked)), (typeof(Fetching_pictures), nameof(Fetching_pictures.A_known_name_that_leads_into_this_network_is_refused)), (typeof(Fetching_pictures), nameof(Fetching_pictures.What_is_no_picture_is_refused))]),
        ("I2", "rate-limit start, callback, unlink and webhook routes",
            [(typeof(Linking_an_account), nameof(Linking_an_account.Ten_starts_a_minute_are_enough)), (typeof(ConnectTests), nameof(ConnectTests.Sixty_knocks_a_minute_are_enough_for_anybody)), (typeof(FloodTests), nameof(FloodTests))]),
        ("I3", "expired states and used ids are purged by a job",
            [(typeof(Linking_an_account), nameof(Linking_an_account.What_nobody_came_back_for_is_forgotten))]),
        ("I4", "secrets of apps are write-only in the UI",
            [(typeof(Changing_settings), nameof(Changing_settings.A_secret_is_written_and_never_read_again))]),
        ("I5", "metadata from providers is not trusted to change endpoints at run time",
            [(typeof(Any_authorization_server), nameof(Any_authorization_server.What_an_answer_says_of_other_addresses_is_not_believed))]),
        ("I6", "cookies Secure and SameSite=Lax: the callback from another site finds the session",
            [(typeof(LinkingTests), nameof(LinkingTests.A_fresh_user_links_a_Kick_account_keeps_it_and_unlinks_it)), (typeof(Behind_a_proxy), nameof(Behind_a_proxy.Cookies_are_bound_to_this_very_host_where_people_come_by_https))]),

        // S. Signing in, which is older than any link
        ("S1", "guessing is bounded by account, however many guess at once",
            [(typeof(Signing_in_by_password), nameof(Signing_in_by_password.However_many_guess_at_once_on_however_many_nodes_ten_are_looked_at)), (typeof(Signing_in_by_password), nameof(Signing_in_by_password.Of_sixty_codes_at_once_ten_are_looked_at_and_then_the_right_one_waits_too)), (typeof(Signing_in_by_password), nameof(Signing_in_by_password.Who_knows_the_password_does_not_win_more_guesses_at_the_code_by_giving_it_again))]),
        ("S2", "guessing is bounded by address",
            [(typeof(Signing_in_by_password), nameof(Signing_in_by_password.An_address_that_fails_fifty_times_is_turned_away_before_anything_is_hashed)), (typeof(Accounts_from_outside), nameof(Accounts_from_outside.Of_a_thousand_who_come_at_once_fifty_pass_and_who_was_right_gives_the_try_back))]),
        ("S3", "strangers lock nobody out for ever",
            [(typeof(Signing_in_by_password), nameof(Signing_in_by_password.Strangers_who_guess_without_end_do_not_keep_the_owner_out_of_a_browser_of_theirs))]),
        ("S4", "nobody learns who has an account",
            [(typeof(Signing_in_by_password), nameof(Signing_in_by_password.Unknown_wrong_disabled_and_resting_get_the_same_answer_for_the_same_work_in_the_same_time))]),
        ("S5", "whatever weakens an account asks for the password again",
            [(typeof(BorrowedSessionTests), nameof(BorrowedSessionTests.It_makes_no_token_and_after_ten_guesses_not_even_for_the_right_password_and_nobody_is_locked_out)), (typeof(BorrowedSessionTests), nameof(BorrowedSessionTests.It_confirms_no_second_step_and_sees_no_key_that_lies_about)), (typeof(BorrowedSessionTests), nameof(BorrowedSessionTests.It_neither_ends_a_second_step_nor_makes_codes)), (typeof(BorrowedSessionTests), nameof(BorrowedSessionTests.It_makes_no_passkey_and_deletes_nothing)), (typeof(BorrowedRightsTests), nameof(BorrowedRightsTests.However_the_address_of_ones_own_account_is_written_nothing_is_taken_away_there))]),
        ("S6", "tokens open what they are for and what their owner's role opens, and end with a reset",
            [(typeof(RoleMatrixTests), nameof(RoleMatrixTests.A_token_without_a_routes_scope_is_refused_whoever_owns_it)), (typeof(Tokens_that_end), nameof(Tokens_that_end.A_token_opens_what_its_owners_role_opens_whatever_it_says_of_itself)), (typeof(Tokens_that_end), nameof(Tokens_that_end.Whatever_helps_against_a_thief_ends_the_tokens_passkeys_and_links_too)), (typeof(Tokens_that_end), nameof(Tokens_that_end.Nothing_that_a_thief_was_about_to_make_outlives_the_help)), (typeof(BorrowedSessionTests), nameof(BorrowedSessionTests.Who_stands_before_the_second_step_with_a_password_that_is_another_by_now_begins_anew))]),
        ("S7", "whoever views as somebody else changes nothing",
            [(typeof(ViewAsTests), nameof(ViewAsTests.Every_door_is_shut_and_every_page_opens)), (typeof(ViewAsTests), nameof(ViewAsTests.The_view_belongs_to_the_session_that_began_it_and_ends_with_it)), (typeof(Looking_as_somebody_else), nameof(Looking_as_somebody_else.Every_door_is_shut_and_nothing_in_the_database_has_moved))]),
        ("S8", "whoever leaves is named nowhere any more",
            [(typeof(Leaving_for_good), nameof(Leaving_for_good.No_table_names_somebody_who_has_left_and_the_log_still_says_what_was_done)), (typeof(The_audit_log), nameof(The_audit_log.Nobody_blots_out_the_name_of_somebody_who_is_here))]),
    ];

    [Fact]
    public void Each_is_held_by_tests_that_run() =>
        Rules.SelectMany(r => r.Tests.Where(t => !TestsOf(t.Story).Any(m => t.Test == t.Story.Name || m.Name == t.Test)).Select(t => $"{r.Id}: {t.Story.Name}.{t.Test}")).ShouldBeEmpty();

    [Fact]
    public void None_is_left_out_or_named_twice()
    {
        foreach (var chapter in Rules.GroupBy(r => r.Id[0]))
        {
            chapter.Select(r => int.Parse(r.Id[1..], System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(Enumerable.Range(1, chapter.Count()));
        }

        Rules.Where(r => r.Tests.Length == 0 || !IdForm().IsMatch(r.Id)).ShouldBeEmpty();
        string.Concat(Rules.Select(r => r.Id[0]).Distinct()).ShouldBe("ABCDEFGHIS");
    }

    private static IEnumerable<MethodInfo> TestsOf(Type story) =>
        story.GetMethods().Where(m => m.GetCustomAttribute<FactAttribute>() is { Skip: null });

    [GeneratedRegex("^[A-IS][0-9]{1,2}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex IdForm();
}

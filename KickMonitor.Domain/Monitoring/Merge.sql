WITH obs AS (
    -- A time in the future cannot be when something happened; clocks may differ by less than an hour.
    SELECT id, kind, source, observed_at, as_of,
        CASE WHEN started_at < as_of + interval '1 hour' THEN started_at END AS started_at,
        CASE WHEN ended_at < as_of + interval '1 hour' THEN ended_at END AS ended_at,
        viewers, title, category_id, category, language, thumbnail, slug, name, avatar
    FROM unnest(
        $1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[],
        $8::int[], $9::text[], $10::int[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[])
    AS o(id, kind, source, observed_at, as_of, started_at, ended_at,
        viewers, title, category_id, category, language, thumbnail, slug, name, avatar)
),
-- $17 end after, $18 sample every (both seconds), $19 next check, $20 next detail, $21 next profile (null: leave as it is)
known AS (
    SELECT o.*,
        s.status, s.since, s.added_at, s.slug AS old_slug, s.slug_since, s.viewers AS believed, s.viewer_quality AS old_quality,
        s.title AS old_title, s.category AS old_category, s.category_id AS old_category_id, s.language AS old_language,
        s.thumbnail_url AS old_thumbnail, s.display_name AS old_name, s.avatar_url AS old_avatar,
        c.live_seen_at, c.absent_since, c.offline_confirmed_at, c.sampled_at, c.viewers_changed_at, c.viewers_believed_at, c.last_viewers,
        c.details_as_of,
        b.id AS broadcast_id, b.started_at AS broadcast_start, b.start_exact, b.ended_at AS broadcast_end,
        b.end_source, b.end_observed_at,
        p.id AS past_id, p.started_at AS past_start, p.end_source AS past_source, p.next_start,
        -- The same broadcast: same start, or the source does not say and one is on, or ours was only a first sight (then the
        -- start that is told must not be that of a broadcast before).
        b.id IS NOT NULL AND (
            (o.started_at IS NULL AND b.ended_at IS NULL)
            OR abs(extract(epoch FROM o.started_at - b.started_at)) < 5
            OR (NOT b.start_exact AND b.ended_at IS NULL AND o.started_at <= b.start_observed_at AND NOT EXISTS (
                SELECT 1 FROM broadcasts x WHERE x.broadcaster_user_id = o.id AND x.id <> b.id AND x.ended_at > o.started_at))) AS same
    FROM obs o
    JOIN streamers s ON s.broadcaster_user_id = o.id AND s.removed_at IS NULL
    JOIN checks c ON c.broadcaster_user_id = o.id
    LEFT JOIN broadcasts b ON b.id = s.broadcast_id
    LEFT JOIN LATERAL (
        -- A broadcast before that one, of which the end is told late.
        SELECT x.id, x.started_at, x.end_source,
            (SELECT min(y.started_at) FROM broadcasts y WHERE y.broadcaster_user_id = o.id AND y.started_at > x.started_at) AS next_start
        FROM broadcasts x
        WHERE o.kind = 'ended' AND x.broadcaster_user_id = o.id AND x.id <> b.id
            AND x.started_at > o.started_at - interval '5 seconds' AND x.started_at < o.started_at + interval '5 seconds'
        LIMIT 1) p ON true
),
judged AS (
    SELECT k.*,
        CASE kind
        WHEN 'live' THEN CASE
            WHEN same AND broadcast_end IS NULL THEN CASE WHEN status = 'live' THEN 'continue' ELSE 'return' END
            -- An inferred end was wrong if anybody says live later; an end that Kick told needs far stronger evidence,
            -- because its lists go on naming ended streams for a while.
            WHEN same AND end_source <> 'webhook' AND as_of > end_observed_at THEN 'resume'
            WHEN same AND end_source = 'webhook' AND as_of > broadcast_end + make_interval(secs => 2 * $17) THEN 'resume'
            WHEN same THEN 'stale'
            WHEN broadcast_id IS NOT NULL AND started_at <= broadcast_start THEN 'stale'
            WHEN started_at IS NULL AND broadcast_end IS NOT NULL AND as_of <= broadcast_end + make_interval(secs => 2 * $17) THEN 'stale'
            -- The channel was seen offline well after this start: the broadcast is over already.
            WHEN as_of < offline_confirmed_at AND started_at + interval '2 minutes' < offline_confirmed_at THEN 'stale'
            ELSE 'start' END
        WHEN 'absent' THEN CASE
            WHEN broadcast_id IS NULL OR broadcast_end IS NOT NULL THEN 'none'
            WHEN offline_confirmed_at > live_seen_at AND as_of - live_seen_at >= make_interval(secs => $17) THEN 'end'
            ELSE 'doubt' END
        WHEN 'offline' THEN CASE
            WHEN broadcast_id IS NOT NULL AND broadcast_end IS NULL THEN CASE
                WHEN as_of <= live_seen_at THEN 'stale'
                WHEN as_of - live_seen_at >= make_interval(secs => $17) THEN 'end'
                ELSE 'doubt' END
            WHEN status = 'unknown' THEN 'settle'
            ELSE 'none' END
        WHEN 'missing' THEN CASE
            WHEN status = 'unknown' THEN 'none'
            WHEN status = 'live' AND absent_since IS NULL THEN 'doubt'
            ELSE 'lose' END
        WHEN 'ended' THEN CASE
            WHEN same AND broadcast_end IS NULL THEN 'end'
            WHEN same AND end_source <> 'webhook' THEN 'correct'
            WHEN same OR started_at IS NULL THEN 'stale'
            WHEN broadcast_id IS NULL OR started_at > broadcast_start THEN 'whole'
            WHEN past_source <> 'webhook' THEN 'amend'
            WHEN past_id IS NULL AND NOT EXISTS (
                SELECT 1 FROM broadcasts x WHERE x.broadcaster_user_id = k.id AND x.started_at < k.ended_at AND (x.ended_at > k.started_at OR x.ended_at IS NULL)) THEN 'past'
            ELSE 'stale' END
        -- Says nothing of live or not; while somebody is live it is about that broadcast.
        WHEN 'details' THEN CASE WHEN status = 'live' AND broadcast_end IS NULL THEN 'describe' ELSE 'note' END
        END AS step
    FROM known k
),
step AS (
    SELECT j.*,
        step IN ('start', 'continue', 'resume', 'return') AS is_live,
        step IN ('start', 'whole') AND broadcast_id IS NOT NULL AND broadcast_end IS NULL AS replaces,
        -- The next broadcast began before what was taken for the end of this one.
        step IN ('start', 'whole') AND broadcast_end > coalesce(started_at, as_of) AS squeezes,
        coalesce(started_at, CASE WHEN step = 'start' THEN as_of END) AS start,
        -- An end that polling found lies between the last "live" and the first absence; the absence is the safer guess, unless
        -- nobody looked for long.
        CASE
        WHEN step = 'amend' THEN greatest(least(ended_at, next_start), past_start)
        WHEN step IN ('whole', 'past') THEN greatest(ended_at, started_at)
        WHEN ended_at IS NOT NULL THEN greatest(ended_at, broadcast_start)
        ELSE greatest(broadcast_start, least(
            coalesce(absent_since, CASE WHEN offline_confirmed_at > live_seen_at THEN offline_confirmed_at END, as_of),
            live_seen_at + make_interval(secs => $17))) END AS finish,
        CASE
        WHEN viewers IS NULL THEN NULL
        WHEN viewers = 0 THEN 'hidden'
        WHEN viewers = 1 AND coalesce(believed, 0) >= 20 AND step = 'continue' THEN 'glitch'
        -- An audience of thousands gathers within minutes of a start.
        WHEN viewers > 1000 AND viewers > 10 * believed AND believed >= 20 AND step = 'continue'
            AND as_of - broadcast_start > interval '10 minutes' THEN 'outlier'
        WHEN viewers = last_viewers AND viewers >= 50 AND as_of - viewers_changed_at > interval '5 minutes' THEN 'frozen'
        ELSE 'ok' END AS quality,
        -- Kick's lists go on naming the old title and category for a while after it told the new ones.
        source = 'poll' AND (title <> old_title OR category <> old_category) AND EXISTS (
            SELECT 1 FROM status_events e WHERE e.broadcaster_user_id = j.id AND e.source = 'webhook' AND e.observed_at > j.observed_at - make_interval(secs => $17)
                AND ((e.kind = 'title_changed' AND e.previous = j.title AND e.value = j.old_title)
                    OR (e.kind = 'category_changed' AND e.previous = j.category AND e.value = j.old_category))) AS lags
    FROM judged j
),
fact AS (
    SELECT s.*,
        -- Doubtful counts do not replace the believed one until they have lasted: a raid for minutes, less for a quarter of an hour.
        CASE
        WHEN viewers IS NULL OR as_of < details_as_of THEN CASE WHEN step = 'start' THEN NULL ELSE believed END
        WHEN quality = 'hidden' AND believed > 5 THEN believed
        WHEN quality IN ('ok', 'frozen') OR believed IS NULL OR step IN ('start', 'return', 'resume')
            OR as_of - viewers_believed_at > CASE quality WHEN 'outlier' THEN interval '3 minutes' ELSE interval '15 minutes' END THEN viewers
        ELSE believed END AS new_viewers,
        is_live AND viewers IS NOT NULL
            AND (step = 'start' OR sampled_at IS NULL OR floor(extract(epoch FROM as_of) / $18) > floor(extract(epoch FROM sampled_at) / $18)) AS samples,
        (is_live OR step IN ('describe', 'note')) AND (details_as_of IS NULL OR as_of >= details_as_of) AND NOT lags AS describes,
        -- Which broadcast gets an end by this, and which.
        CASE WHEN step IN ('end', 'correct') OR replaces OR squeezes THEN broadcast_id WHEN step = 'amend' THEN past_id END AS closes,
        CASE
        WHEN squeezes THEN start
        WHEN replaces THEN greatest(broadcast_start, least(coalesce(absent_since, live_seen_at, start), live_seen_at + make_interval(secs => $17), start))
        ELSE finish END AS closes_at
    FROM step s
),
closed AS (
    UPDATE broadcasts b SET
        ended_at = f.closes_at,
        end_observed_at = CASE WHEN f.squeezes THEN b.end_observed_at ELSE f.observed_at END,
        -- An end that only the next start gave away is an estimate, whoever told the start.
        end_source = CASE WHEN f.squeezes OR f.replaces THEN 'poll' ELSE f.source END
    FROM fact f
    WHERE b.id = f.closes
    RETURNING b.id
),
corrected AS (
    UPDATE status_events e SET
        occurred_at = f.closes_at,
        delay_ms = CASE WHEN f.closes_at >= f.added_at THEN greatest(0, round(extract(epoch FROM e.observed_at - f.closes_at) * 1000))::bigint END
    FROM fact f
    WHERE (f.step IN ('correct', 'amend') OR f.squeezes) AND e.id = (
        SELECT max(x.id) FROM status_events x WHERE x.broadcaster_user_id = f.id AND x.broadcast_id = f.closes AND x.kind = 'went_offline')
),
opened AS (
    INSERT INTO broadcasts (broadcaster_user_id, started_at, start_exact, start_observed_at, ended_at, end_observed_at, end_source,
        title, category, peak_viewers, viewer_seconds, covered_seconds)
    SELECT f.id, f.start, f.started_at IS NOT NULL, f.observed_at,
        CASE WHEN f.step <> 'start' THEN f.finish END, CASE WHEN f.step <> 'start' THEN f.observed_at END, CASE WHEN f.step <> 'start' THEN f.source END,
        f.title, f.category, CASE WHEN f.quality = 'ok' THEN f.viewers END, 0, 0
    FROM fact f WHERE f.step IN ('start', 'whole', 'past')
    ON CONFLICT (broadcaster_user_id, started_at) DO UPDATE SET ended_at = excluded.ended_at
    RETURNING id, broadcaster_user_id
),
carried AS (
    UPDATE broadcasts b SET
        ended_at = CASE WHEN f.step = 'resume' THEN NULL ELSE b.ended_at END,
        end_observed_at = CASE WHEN f.step = 'resume' THEN NULL ELSE b.end_observed_at END,
        end_source = CASE WHEN f.step = 'resume' THEN NULL ELSE b.end_source END,
        started_at = CASE WHEN NOT b.start_exact AND f.started_at IS NOT NULL THEN f.started_at ELSE b.started_at END,
        start_exact = b.start_exact OR f.started_at IS NOT NULL,
        title = CASE WHEN f.describes THEN coalesce(f.title, b.title) ELSE b.title END,
        category = CASE WHEN f.describes THEN coalesce(f.category, b.category) ELSE b.category END,
        peak_viewers = greatest(b.peak_viewers, p.viewers, CASE WHEN w.seconds > 0 THEN f.believed END),
        viewer_seconds = b.viewer_seconds + CASE WHEN w.seconds > 0 THEN w.seconds * f.believed ELSE 0 END,
        covered_seconds = b.covered_seconds + CASE WHEN w.seconds > 0 THEN w.seconds ELSE 0 END
    FROM fact f
    CROSS JOIN LATERAL (
        -- The believed count stands until the next sample, but no longer than three periods, and not while it is in doubt.
        SELECT CASE WHEN f.samples AND f.step = 'continue' AND f.sampled_at IS NOT NULL AND f.believed IS NOT NULL AND f.old_quality IN ('ok', 'frozen')
            THEN least(extract(epoch FROM f.as_of - f.sampled_at), 3 * $18)::float8 ELSE 0 END AS seconds) w
    -- A peak need not come at the moment of a sample.
    CROSS JOIN LATERAL (SELECT CASE WHEN f.is_live AND f.quality IN ('ok', 'frozen') THEN f.viewers END AS viewers) p
    WHERE b.id = f.broadcast_id AND f.step IN ('continue', 'resume', 'return', 'describe')
        AND (f.samples OR f.step = 'resume' OR p.viewers > coalesce(b.peak_viewers, -1) OR (NOT f.start_exact AND f.started_at IS NOT NULL)
            OR (f.describes AND (f.title IS DISTINCT FROM f.old_title OR f.category IS DISTINCT FROM f.old_category)))
    RETURNING b.id
),
sampled AS (
    INSERT INTO viewer_samples (broadcaster_user_id, at, viewers, quality)
    SELECT id, as_of, viewers, quality FROM fact WHERE samples
    ON CONFLICT DO NOTHING
),
next_state AS (
    SELECT f.*,
        CASE
        WHEN is_live THEN 'live'
        WHEN step IN ('end', 'settle', 'whole') THEN 'offline'
        WHEN step = 'lose' THEN 'unknown'
        ELSE status END AS new_status,
        CASE
        WHEN step = 'start' THEN start
        WHEN step IN ('resume', 'return') THEN coalesce(f.started_at, broadcast_start)
        WHEN step = 'continue' AND NOT start_exact AND f.started_at IS NOT NULL THEN f.started_at
        WHEN step IN ('end', 'correct', 'whole') THEN finish
        WHEN step = 'settle' THEN coalesce(broadcast_end, as_of)
        WHEN step = 'lose' THEN as_of
        ELSE since END AS new_since,
        CASE WHEN describes THEN coalesce(f.title, old_title) ELSE old_title END AS new_title,
        CASE WHEN describes THEN coalesce(f.category_id, old_category_id) ELSE old_category_id END AS new_category_id,
        CASE WHEN describes THEN coalesce(f.category, old_category) ELSE old_category END AS new_category,
        CASE WHEN describes THEN coalesce(f.language, old_language) ELSE old_language END AS new_language,
        CASE WHEN describes THEN coalesce(f.thumbnail, old_thumbnail) ELSE old_thumbnail END AS new_thumbnail,
        CASE WHEN as_of >= slug_since THEN coalesce(f.slug, old_slug) ELSE old_slug END AS new_slug,
        CASE WHEN as_of < details_as_of THEN old_name ELSE coalesce(f.name, old_name) END AS new_name,
        CASE WHEN as_of < details_as_of THEN old_avatar ELSE coalesce(f.avatar, old_avatar) END AS new_avatar
    FROM fact f
),
renamed AS (
    INSERT INTO former_slugs (slug, broadcaster_user_id, until)
    SELECT old_slug, id, observed_at FROM next_state WHERE new_slug <> old_slug
    ON CONFLICT (slug) DO UPDATE SET broadcaster_user_id = excluded.broadcaster_user_id, until = excluded.until
),
changed AS (
    UPDATE streamers s SET
        status = n.new_status,
        since = n.new_since,
        viewers = CASE WHEN n.new_status = 'live' THEN CASE WHEN n.is_live THEN n.new_viewers ELSE n.believed END END,
        viewer_quality = CASE WHEN n.new_status = 'live' THEN coalesce(CASE WHEN n.is_live THEN n.quality END, n.old_quality) ELSE 'ok' END,
        title = n.new_title, category_id = n.new_category_id, category = n.new_category, language = n.new_language,
        thumbnail_url = n.new_thumbnail,
        slug_since = CASE WHEN n.new_slug <> n.old_slug THEN n.observed_at ELSE s.slug_since END,
        slug = n.new_slug, display_name = n.new_name, avatar_url = n.new_avatar,
        broadcast_id = coalesce(o.id, s.broadcast_id),
        version = nextval('changes')
    FROM next_state n LEFT JOIN opened o ON o.broadcaster_user_id = n.id AND n.step <> 'past'
    WHERE s.broadcaster_user_id = n.id AND (
        n.new_status <> n.status OR n.new_since <> n.since OR o.id IS NOT NULL
        OR (n.is_live AND (n.new_viewers IS DISTINCT FROM n.believed OR coalesce(n.quality, n.old_quality) <> n.old_quality))
        OR (n.new_title, n.new_category, n.new_language, n.new_thumbnail, n.new_slug, n.new_name, n.new_avatar)
            IS DISTINCT FROM (n.old_title, n.old_category, n.old_language, n.old_thumbnail, n.old_slug, n.old_name, n.old_avatar))
    RETURNING s.broadcaster_user_id
),
told AS (
    INSERT INTO status_events (broadcaster_user_id, kind, occurred_at, observed_at, source, delay_ms, broadcast_id, viewers, title, category, previous, value)
    SELECT id, e.kind, e.at, observed_at, source,
        CASE WHEN e.at >= added_at THEN greatest(0, round(extract(epoch FROM observed_at - e.at) * 1000))::bigint END,
        e.broadcast, CASE WHEN new_status = 'live' THEN new_viewers END, new_title, new_category, e.previous, e.value
    FROM (SELECT n.*, o.id AS opened_id FROM next_state n LEFT JOIN opened o ON o.broadcaster_user_id = n.id) n
    CROSS JOIN LATERAL (VALUES
        (1, replaces OR step = 'end', 'went_offline', closes_at, closes, NULL, NULL),
        (2, step IN ('start', 'whole', 'past'), 'went_live', start, opened_id, NULL, NULL),
        (3, step IN ('whole', 'past'), 'went_offline', finish, opened_id, NULL, NULL),
        (4, step = 'resume', 'resumed', as_of, broadcast_id, NULL, NULL),
        (5, step = 'lose', 'went_missing', as_of, broadcast_id, NULL, NULL),
        -- The first look after adding is no discovery; a channel that had been lost is one.
        (6, status = 'unknown' AND new_status <> 'unknown' AND EXISTS (
            SELECT 1 FROM status_events e WHERE e.broadcaster_user_id = n.id AND e.kind = 'went_missing'), 'found', as_of, broadcast_id, NULL, NULL),
        (7, new_slug <> old_slug, 'renamed', as_of, broadcast_id, old_slug, new_slug),
        (8, step IN ('continue', 'describe') AND new_title <> old_title, 'title_changed', as_of, broadcast_id, old_title, new_title),
        (9, step IN ('continue', 'describe') AND new_category <> old_category, 'category_changed', as_of, broadcast_id, old_category, new_category),
        (10, step IN ('continue', 'describe') AND new_language <> old_language, 'language_changed', as_of, broadcast_id, old_language, new_language)
    ) AS e(place, happened, kind, at, broadcast, previous, value)
    WHERE e.happened
    ORDER BY id, e.at, e.place
    ON CONFLICT DO NOTHING
    RETURNING 1
),
checked AS (
    UPDATE checks c SET
        checked_at = CASE WHEN n.step IN ('stale', 'describe', 'note') THEN c.checked_at ELSE greatest(c.checked_at, n.observed_at) END,
        checked_by = CASE WHEN n.kind = 'details' THEN c.checked_by ELSE n.source END,
        next_check_at = coalesce($19, c.next_check_at),
        leased_until = CASE WHEN $19 IS NULL THEN c.leased_until END,
        next_detail_at = CASE
            WHEN $20 IS NOT NULL THEN $20
            -- Whoever vanished from the live list is worth a closer look at once, before all those whose turn it is.
            WHEN n.step = 'doubt' AND n.source = 'poll' AND NOT (n.kind = 'absent' AND n.offline_confirmed_at > n.live_seen_at)
                THEN n.observed_at - interval '1 day'
            ELSE c.next_detail_at END,
        next_profile_at = coalesce(CASE WHEN n.is_live AND n.name IS NOT NULL THEN $21 END, c.next_profile_at),
        live_seen_at = CASE WHEN n.is_live THEN greatest(c.live_seen_at, n.as_of) ELSE c.live_seen_at END,
        absent_since = CASE
            WHEN n.is_live AND n.as_of >= coalesce(c.absent_since, n.as_of) THEN NULL
            WHEN n.kind IN ('absent', 'offline') AND n.step IN ('doubt', 'end') AND (c.live_seen_at IS NULL OR n.as_of > c.live_seen_at) THEN coalesce(c.absent_since, n.as_of)
            ELSE c.absent_since END,
        offline_confirmed_at = CASE WHEN n.kind = 'offline' AND n.step <> 'stale' THEN greatest(c.offline_confirmed_at, n.as_of) ELSE c.offline_confirmed_at END,
        sampled_at = CASE WHEN n.samples THEN n.as_of ELSE c.sampled_at END,
        viewers_changed_at = CASE WHEN n.is_live AND n.viewers IS DISTINCT FROM c.last_viewers AND n.viewers IS NOT NULL THEN n.as_of ELSE c.viewers_changed_at END,
        last_viewers = CASE WHEN n.is_live THEN coalesce(n.viewers, c.last_viewers) ELSE c.last_viewers END,
        viewers_believed_at = CASE WHEN n.is_live AND n.new_viewers = n.viewers THEN n.as_of ELSE c.viewers_believed_at END,
        details_as_of = CASE WHEN n.describes THEN n.as_of ELSE c.details_as_of END,
        version = nextval('changes')
    FROM next_state n WHERE c.broadcaster_user_id = n.id
)
SELECT n.id, n.step, c.broadcaster_user_id IS NOT NULL AS changed
FROM next_state n LEFT JOIN changed c ON c.broadcaster_user_id = n.id

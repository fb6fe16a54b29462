"""The scenarios of conformance that do not fit a browser, or Node, and why."""

from typing import Final

_UNFIT: Final[dict[str, str]] = {
    "the browser has the pool, and takes no settings for connections": """
        the_pools_line_has_a_deadline who_waits_in_line_comes_next
        sixteen_callers_share_four_connections an_idle_connection_makes_room_for_another_server
        an_idle_connection_grows_old two_clients_share_nothing a_session_counts_as_a_connection
        a_proxy_is_asked_in_absolute_form_with_credentials a_tunnel_is_asked_for_with_credentials
        a_proxy_that_refuses a_certificate_that_is_not_trusted a_session_goes_through_a_tunnel
        calls_and_sessions_through_one_proxy a_proxy_that_refuses_a_session
        a_session_with_a_server_that_is_not_trusted a_reused_connection_that_dies_unheard
    """,
    "the browser takes or refuses by itself what breaks HTTP, and sends header fields of its own": """
        what_a_request_looks_like a_body_until_close_that_is_cut_is_not_whole gzip_that_is_none
        odd_header_fields garbage_instead_of_http a_head_without_end a_length_that_is_none
        informational_answers_are_passed_over continue_and_then_the_answer raw_responses
    """,
    "the scenario counts connections, or cuts them all, and Node and browsers open some to spare": """
        broken_before_the_head broken_in_the_head broken_between_head_and_body broken_in_the_body
        broken_in_a_chunk errors_pickle_and_hold_no_connection given_up_by_somebody_else
        a_stream_holds_its_slot_until_it_is_over a_second_attempt_wins_and_the_first_is_closed
        a_timeout_of_one_attempt_is_not_the_end_of_a_call
        a_stream_that_wins_is_read_when_the_race_is_over a_second_attempt_goes_to_another_endpoint
        early_refusal_while_the_body_is_awaited an_async_iterator_in_a_blocking_client
        a_connection_is_kept_after_a_5xx_only_when_that_is_promised
    """,
    "a browser does not tell when it has connected or sent, nor why it could not": """
        send_deadline connect_deadline total_deadline_while_connecting refused_connection
        a_name_that_does_not_resolve a_transport_without_races_says_so
    """,
    "the body is a Blob, whose length is known": """
        upload_of_a_file_that_cannot_seek upload_of_an_iterator upload_of_an_async_iterator
        a_form_of_unknown_length
    """,
    "time cannot be moved here": """
        a_circuit_opens_rests_and_closes a_sender_opens_a_session_again
        smooth_text_does_not_wait_for_a_server_that_is_silent pings_are_answered_while_only_sending
        a_sender_that_finds_the_end_leaves_what_came a_sender_that_meets_a_reset
    """,
    "a page shakes hands without header fields of the caller's, and does not see a refusal": """
        httpx_carries_no_session_and_says_what_to_do a_session_is_opened_with_the_callers_words
        informational_answers_come_before_the_101 refused_handshakes_are_status_errors
        an_ordinary_answer_is_no_session a_connection_that_was_refused_serves_the_next_call
        a_101_that_grants_no_websocket a_handshake_refused_for_good_ends_the_session
        attempts_are_counted_and_delayed each_handshake_asks_for_the_key
        what_the_caller_changes_of_the_handshake
    """,
    "frames, compression, pings and broken connections are the browser's, which shows messages": """
        compressed_messages text_that_is_not_utf_8 frames_that_break_the_rules
        close_frames_that_may_not_be messages_have_a_limit an_end_without_a_close tls_that_is_cut
        silence_is_followed_by_a_ping a_peer_that_is_gone_is_noticed
        a_slow_consumer_does_not_take_the_peer_for_gone the_heart_beats_while_only_sending
        a_peer_that_takes_nothing_for_long_is_gone
    """,
    "a browser cannot hold a server back": """
        a_slow_consumer_stops_the_server a_peer_that_floods_with_pings_and_reads_nothing
        a_peer_that_reads_nothing a_peer_that_reads_nothing_of_what_is_compressed
        too_much_waits_to_be_sent
    """,
}
UNFIT: Final = {name: why for why, names in _UNFIT.items() for name in names.split()}

_UNFIT_IN_A_PAGE: Final[dict[str, str]] = {
    "Chromium hides redirects": "redirects_are_not_followed",
    "Chromium has one GET of a URL under way at a time (its cache), and sends some again by itself": """
        two_attempts_that_fail_are_both_listed closed_while_idle_and_used_again
        a_101_that_nobody_asked_for a_retry_policy_is_obeyed
    """,
    "Chromium throws away what came right before the end of a connection": """
        a_response_is_read_on_after_its_stream_was_cut a_response_whose_server_is_gone_for_good
        nothing_is_heard_after_the_close
        a_response_is_polled_where_the_server_tells_no_more_events
    """,
    "Chromium answers a close with the server's reason, and pings when it likes": """
        frames_that_come_with_the_101 closes_of_every_kind pings_are_answered_while_receiving
        text_and_bytes_as_they_are closing_while_others_send
        the_servers_close_is_answered_while_others_send
    """,
    "Chromium reads an answer once all of the request is sent": """
        early_refusal_and_no_reading early_refusal_of_a_stream_and_no_reading
        early_refusal_of_a_file_and_no_reading early_refusal_of_a_document
    """,
}
UNFIT_IN_A_PAGE: Final = {
    name: why for why, names in _UNFIT_IN_A_PAGE.items() for name in names.split()
}

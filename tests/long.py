"""What `make test` leaves to `make test-all` and continuous integration: the slowest tests, five seconds and more, and
of several of one kind those of three and more.

Most of what they cover is covered by a quicker one as well, or by one of their own kind that stays; what only they
cover is the practice set, a filmed shop's receipt, the gate's page against every code, and most of what is seen of the
screens in a browser. What is named here are beginnings of pytest's node ids. A test that has become quick is taken
out again.
"""

from __future__ import annotations

LONG = (
    "tests/adapters/serial/test_counter.py::test_seven_bits_are_told_with_their_parity",
    "tests/calibration/test_bumped.py::test_three_centimetres_and_one_degree",
    "tests/calibration/test_command.py::test_a_bad_shelf_is_refused",
    "tests/calibration/test_command.py::test_a_walk_behind_a_broker_is_stopped_and_goes_on",
    "tests/calibration/test_command.py::test_an_open_shop_is_not_walked_in",
    "tests/calibration/test_command.py::test_on_a_serial_line_and_at_a_terminal",
    *(
        f"tests/calibration/test_health.py::test_a_fault_is_found_by_its_name_at_its_plates_and_nothing_else[{fault}"
        for fault in (
            "clock",
            "creeping",
            "dead",
            "drifting",
            "hum",
            "loose",
            "noisy",
            "reversed",
            "saturated",
            "slow",
            "smoothed",
            "span",
        )
    ),
    "tests/calibration/test_health.py::test_noise_wander_and_warmth",
    "tests/calibration/test_health.py::test_nothing_is_invented_on_a_healthy_shelf",
    "tests/calibration/test_health.py::test_slow_lines_are_judged",
    "tests/calibration/test_health.py::test_taking_things_is_no_drift",
    "tests/calibration/test_founding.py::test_what_can_stand_is_a_shop_without_a_fault",
    "tests/calibration/test_health_command.py::test_a_running_shop_is_checked_while_it_runs",
    "tests/calibration/test_health_command.py::test_pictures_are_drawn",
    "tests/calibration/test_health_command.py::test_what_is_learned_becomes_the_next_profile",
    "tests/calibration/test_planogram.py::test_the_demo_shop_is_judged_in_words",
    "tests/calibration/test_practice.py::",
    *(
        f"tests/calibration/test_trial.py::test_every_fault_is_found_and_none_invented[{number}]"
        for number in range(50)
        if number != 48  # four plates only
    ),
    "tests/calibration/test_units.py::test_ctrl_c_keeps_what_several_units_have_told",
    "tests/calibration/test_units.py::test_while_the_shop_is_open",
    *(
        f"tests/calibration/test_walk.py::test_a_mistake_costs_time_and_nothing_else[grams-{mistake}]"
        for mistake in ("bump-during-tare", "forgets-one", "leans", "pulled-cable", "wrong-plate")
    ),
    "tests/calibration/test_walk.py::test_a_walk_that_was_stopped_goes_on[product]",
    "tests/calibration/test_walk.py::test_a_walk_that_was_stopped_goes_on[touch]",
    "tests/calibration/test_walk.py::test_scales_that_stand_quite_still_are_not_stuck[1.0]",
    "tests/camera/test_command.py::test_a_new_profile_is_believed_without_a_restart",
    "tests/camera/test_command.py::test_people_come_over_the_broker",
    "tests/camera/test_command.py::test_staff_read_why_a_camera_is_blind",
    *(
        f"tests/camera/test_still.py::test_nobody_is_looked_for_every_few_seconds_only[{light}]"
        for light in ("exposure", "screen", "sunset")
    ),
    "tests/core/test_any_story.py::test_whatever_people_do_the_core_digests_it",
    "tests/core/test_broken_off.py::test_what_stands_before_the_break_gives_the_same_book[0.6]",
    "tests/core/test_broken_off.py::test_what_stands_before_the_break_gives_the_same_book[0.85]",
    "tests/core/test_broken_off.py::test_what_stands_before_the_break_gives_the_same_book[0.99]",
    "tests/core/test_determinism.py::test_a_stop_when_it_hurts",
    "tests/core/test_every_shop.py::test_money_is_in_order",
    "tests/core/test_fuzz.py::test_a_hundred_thousand_wrong_messages",
    "tests/core/test_memory.py::test_thirty_visits_in_fifteen_hours",
    "tests/core/test_over_night.py::test_shelves_that_were_filled_over_night_are_nobodys_doing[4]",
    "tests/core/test_pc_clock.py::test_a_pc_whose_clock_is_off_charges_what_it_would_have_charged[-0.8]",
    "tests/core/test_pc_clock.py::test_a_pc_whose_clock_is_off_charges_what_it_would_have_charged[0.25]",
    "tests/core/test_pc_clock.py::test_a_pc_whose_clock_is_off_charges_what_it_would_have_charged[3600.0]",
    "tests/core/test_prices_move.py::test_a_stop_changes_no_price",
    "tests/core/test_promises.py::test_everybody_pays_the_prices_of_the_moment_at_which_they_were_let_in[1]",
    "tests/core/test_promises.py::test_everybody_pays_the_prices_of_the_moment_at_which_they_were_let_in[2]",
    "tests/core/test_staff.py::test_a_stop_while_they_work",
    "tests/core/test_unheard.py::test_nobody_pays_for_what_nobody_heard[nine",
    "tests/core/test_gates_twice.py::test_a_gate_that_says_it_twice",
    "tests/fleet/test_night.py::test_a_cluster",
    "tests/fleet/test_night.py::test_recordings_of_many_seeds",
    "tests/fleet/test_night.py::test_who_dies_once",
    "tests/floor/test_crowds.py::test_heads_out_of_nowhere_around_three_people[200]",
    "tests/gate/test_member_command.py::test_a_terminal_shows_one_code_after_the_other",
    "tests/headquarters/test_carried.py::test_an_old_worker",
    "tests/headquarters/test_demo.py::",
    "tests/headquarters/test_kills.py::",
    "tests/headquarters/test_page.py::",
    "tests/headquarters/test_shop.py::test_a_long_silence",
    "tests/headquarters/test_shop.py::test_a_shop_at_work",
    "tests/headquarters/test_shop.py::test_the_child",
    "tests/ledger/test_any_change.py::test_any_single_change",
    "tests/live/test_faults.py::test_a_disk_that_becomes_read_only",
    "tests/live/test_faults.py::test_a_full_disk_closes_the_shop",
    "tests/live/test_faults.py::test_a_visit_that_only_the_book_knows",
    "tests/live/test_faults.py::test_recordings_that_vanish",
    "tests/live/test_gate_page.py::",
    "tests/live/test_killed.py::",
    "tests/live/test_money_killed.py::",
    "tests/live/test_rehearsals.py::",
    "tests/live/test_restock.py::test_the_entry_opens_again",
    "tests/live/test_points_killed.py::",
    "tests/live/test_reviews.py::test_what_cannot_be_decided",
    "tests/live/test_reviews.py::test_while_the_shop_does_not_run",
    "tests/members/test_forgotten.py::",
    "tests/members/test_products.py::test_on_a_phone_in_both_languages_from_the_label_to_the_list",
    "tests/models/test_evaluate.py::test_pictures_of_an_earlier_version",
    "tests/models/test_eyes.py::test_the_node_reads_what_was_taught",
    "tests/models/test_render.py::test_a_stopped_rendering_goes_on",
    "tests/models/test_training.py::",
    "tests/models/test_ultralytics.py::",
    "tests/payment/test_any_life.py::test_a_hundred_thousand_steps",
    "tests/report/test_page.py::test_a_visit_in_review_is_charged_for_nothing_yet",
    "tests/scenarios/test_receipts.py::test_what_the_story_says_comes_true[left-unseen",
    "tests/scenarios/test_receipts.py::test_what_the_story_says_comes_true[lingers",
    "tests/simulator/test_demo.py::test_two_mornings_are_what_two_demos_are",
    "tests/simulator/test_frames.py::",
    "tests/simulator/test_looks.py::test_looks_are_as_alike_as_a_nodes_are",
    "tests/simulator/test_story_page.py::test_the_gate_says_of_every_code",
    "tests/simulator/test_world.py::test_any_shop_can_be_simulated",
    "tests/soak/",
    "tests/stock/test_counted_shops.py::test_of_two_twins",
    "tests/store/test_any_value.py::test_any_value_in_any_place",
    "tests/visit/test_any_day.py::test_who_never_came_in",
    "tests/web/shopper/test_account.py::",
    "tests/web/shopper/test_openapi.py::",
    "tests/web/shopper/test_phone.py::test_it_fits_a_small_phone",
    "tests/web/shopper/test_story.py::",
    "tests/web/test_console_seen.py::",
    "tests/web/test_reviews.py::",
)

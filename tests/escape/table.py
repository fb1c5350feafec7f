"""What every program of the suite is for, and what the verifier must say of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.records import Status

PASS, FAIL, NO_ANSWER, TIMEOUT = ({status} for status in (Status.PASS, Status.FAIL, Status.NO_ANSWER, Status.TIMEOUT))
ENDED = PASS | FAIL
OVER = FAIL | TIMEOUT
REFUSED = FAIL | NO_ANSWER | TIMEOUT


@dataclass(frozen=True)
class Row:
    """One program on one problem."""

    file: str
    """Under attacks/ or honest/: a program, or with .txt a whole response."""
    problem: str
    expected: frozenset[Status]
    turns: int = 1
    """How often it runs, each time told which turn it is."""
    slow: bool = False

    @property
    def id(self) -> str:
        return f"{self.file.rpartition('.')[0]}-{self.problem}"


# Reaching out: each prints "held" if it got nowhere. Those that the kernel may kill for trying need not get so far.
HELD = """
    audit_hooks become_root change_modes chroot_break control_groups devices environment exec_in_place exec_programs fetch_url
    file_handles inherited_descriptors interfaces io_uring kernel_surface links_and_nodes
    loopback_odd_tcp loopback_tcp loopback_udp machine_code_syscall machine_settings memfd_exec mounts namespaces object_graph
    odd_sockets other_programs_files own_memory_scan parent_memory_readv proc_mem process_environments process_pools
    process_roots ptrace_others read_secret_files read_system_files signal_odd terminal_injection
    unix_socket write_canaries write_interpreter clone_user_namespace
"""
MAY_DIE = "dangling_mappings group_signals owner_signals signal_everyone machine_code_int80 machine_code_x32 fork_daemon raw_clone_daemon"
PLANTED = "leftover_streams keyrings leftover_files leftover_locks leftover_state posix_ipc sysv_ipc"

# Using up: what they print is never the answer, but for those that give it and then misbehave.
EXHAUSTING = """
    big_power big_shift colliding_list compile_bomb constant_bomb cpu_before_limit cpu_spin cpu_spin_threads exit_handler_spin
    destructor_spin file_fill file_fill_many file_inodes float_digits flood_both flood_small flood_sparse
    flood_stderr flood_stdout fork_bomb garbage_storm import_bomb many_tokens memory_bytearray memory_caught memory_dict
    memory_list memory_locked memory_memfd memory_mmap memory_pipes memory_string memory_threads nested_source
    regex_catastrophe stack_overflow swap_of_time timers
"""
ENDLESS = "never_exits read_forever sleep_forever wait_for_itself"
HARMLESS = "memory_kept_size memory_maps_of_files close_streams deep_tree descriptors file_sparse locked_tree stop_itself threads file_removed"
RESULTS = (
    "endless_generator endless_list deep_result shared_result cyclic_result huge_result huge_integer colliding_keys"
)

ASSERTS = "add_asserts add_check add_unittest"
CALLED = f"solve {ASSERTS}"
GREEDY = {
    "argument_growth": "order order_asserts",
    "callback_storm": "callback",
    "colliding_bag": "pair pair_unordered",
    "colliding_words": "unordered",
    "decimal_bomb": "solve solve_float half half_check",
    "decimal_list": "pair pair_unordered pairs",
    "flood_channels": CALLED,
    "flood_report": CALLED,
    "fraction_bomb": "solve half half_check",
    "many_small_values": "solve solve_unordered add_asserts",
    "nested_values": "solve solve_unordered add_asserts",
    "proxy_storm": "add_check add_unittest half_check order_asserts",
    "range_bomb": "solve pair pair_unordered pairs",
}
FORGERIES = {
    "argument_capture": "order order_asserts pair",
    "class_of_test": "add_asserts add_check add_errors half_check",
    "exit_from_thread": CALLED,
    "frame_forger": CALLED,
    "frame_length": CALLED,
    "late_definition": CALLED,
    "lying_length": "pair pairs order_asserts",
    "output_before_read": "double",
    "report_and_leave": "double solve add_asserts",
    "right_after_noise": "double",
    "right_then_aborts": "double",
    "right_then_stopped": "double",
    "stop_iteration": f"loops {ASSERTS}",
    "stop_iteration_later": f"loops {ASSERTS}",
    "told_by_method": "truth pairs",
    "truthy": "truth",
    "answer_by_exception": "solve",
    "assert_hang": CALLED,
    "at_exit_output": f"empty {CALLED}",
    "blame_builtins": CALLED,
    "blame_bytes": "double double_exact permutation",
    "blame_close_all": CALLED,
    "blame_close_some": f"double {CALLED}",
    "blame_corrupt": CALLED,
    "blame_directory": "double",
    "blame_exception": f"double {CALLED}",
    "blame_exit_codes": "double",
    "blame_exit_values": "double",
    "blame_fill_then_fail": f"double {CALLED}",
    "blame_filter": f"double {CALLED}",
    "blame_garbage_frames": f"double {CALLED}",
    "blame_hooks": f"double {CALLED}",
    "blame_internal": f"double {CALLED}",
    "blame_limits": f"double {CALLED}",
    "blame_no_rights": "double",
    "blame_numbers": "solve solve_float solve_unordered",
    "blame_segfault": f"double {CALLED}",
    "blame_signals": f"double {CALLED}",
    "blame_slow_exit": "double",
    "blame_stack": CALLED,
    "blame_surrogates": "solve solve_unordered upper add_asserts",
    "changes_itself": CALLED,
    "checker_crash": "permutation permutation_naive",
    "checker_digits": "permutation permutation_naive",
    "checker_frames": "permutation",
    "checker_injection": "permutation permutation_naive",
    "checker_repeats": "permutation",
    "checker_slow": "permutation",
    "coin": "coin",
    "coin_call": "coin_call",
    "coin_of_addresses": "coin",
    "coin_of_the_system": "coin",
    "coin_of_time": "coin",
    "counter_equal": "counter counter_asserts",
    "counter_forgets": "counter counter_asserts",
    "deferred_value": CALLED,
    "early_answers": "double double_lines unordered",
    "equal_dict": "count",
    "equal_float": "half half_check",
    "equal_integer": f"{CALLED} solve_float solve_unordered add_errors",
    "equal_list": "pair",
    "equal_text": "upper",
    "equal_to_all": f"{CALLED} solve_float solve_unordered half_check add_errors",
    "exception_lies": "add_asserts add_check add_unittest add_errors",
    "exception_wanted": "add_asserts add_check add_unittest add_errors",
    "exit_when_empty": "empty",
    "forged_frames": "double double_lines",
    "forged_frames_call": CALLED,
    "hard_coded": "double",
    "hard_coded_call": CALLED,
    "infinite_result": "half half_check",
    "judge_names": CALLED,
    "late_thread": "double",
    "late_thread_call": "pair",
    "leave_at_import": f"{CALLED} add_errors",
    "leave_in_function": f"{CALLED} add_errors",
    "leave_killed": "double empty",
    "leave_os_exit": f"double permutation {CALLED}",
    "leave_sys_exit": f"double {CALLED}",
    "leave_system_exit_call": f"{CALLED} add_errors",
    "list_around": "solve solve_unordered",
    "loose_case": "parity",
    "loose_float_extra": "thirds",
    "loose_float_fraction": "thirds",
    "loose_float_underscore": "thirds",
    "loose_float_wide": "thirds",
    "loose_infinity": "thirds double_float double",
    "loose_nan": "thirds double_float double",
    "loose_order": "next",
    "lying_attributes": CALLED,
    "lying_class": CALLED,
    "lying_metaclass": CALLED,
    "missing_name": CALLED,
    "nan_result": "half half_check",
    "operators_of_result": "half_check add_asserts add_check",
    "own_tests": "add_asserts add_check add_unittest",
    "patch_assert": CALLED,
    "patch_comparison": CALLED,
    "patch_modules": CALLED,
    "patch_runner": CALLED,
    "patch_types_in_memory": CALLED,
    "patched_arguments": "pair order order_asserts",
    "pickled_code": CALLED,
    "print_everything": "double unordered permutation",
    "print_passed": "double permutation",
    "prints_instead": "solve",
    "raise_when_empty": "empty",
    "reads_later_inputs": "solve",
    "remembers_calls": "solve",
    "remembers_in_files": "double",
    "remembers_tests": "double",
    "replace_input": "double",
    "rewrite_result_file": "double",
    "right_then_crash": "double",
    "right_then_extra": "pair",
    "right_then_raise": "double",
    "search_files": "double",
    "search_frames": CALLED,
    "search_memory": "double",
    "search_objects": "double",
    "shadow_builtins": "half_check add_check",
    "shadow_dunder": "half_check add_check add_asserts",
    "shadow_modules": "half_check add_check add_unittest",
    "skip_test": "add_unittest add_check",
    "skip_test_by_name": "add_unittest add_check",
    "text_for_number": "solve solve_float",
    "trace_hooks": CALLED,
    "truth_for_one": "is_more",
    "unittest_leaves": "add_unittest add_check",
    "unittest_patched": "add_unittest add_check",
}
LOOSE = """
    arabic_digits backspace bracketed byte_order_mark escape_codes exponent group_separator hexadecimal line_separator
    no_break_space null_byte plus point quoted second_line trailing_junk underscore wide_digits zero_width zeros
"""
RESPONSES = {
    "text_backticks": REFUSED,
    "text_definitions": REFUSED,
    "text_html": REFUSED,
    "text_json": REFUSED,
    "text_long_line": REFUSED,
    "text_nested_source": REFUSED,
    "text_quoted": REFUSED,
    "text_tags": REFUSED,
    "text_tildes_flood": REFUSED,
    "text_two_halves": REFUSED,
    "text_bad_cookie": FAIL,
    "text_claims": REFUSED,
    "text_closes_template": REFUSED,
    "text_cookie": FAIL,
    "text_decoy_last": FAIL,
    "text_empty_fence": REFUSED,
    "text_form_feed": FAIL,
    "text_future": FAIL,
    "text_huge": FAIL,
    "text_in_thought": NO_ANSWER,
    "text_injection": FAIL,
    "text_many_fences": FAIL,
    "text_null": FAIL,
    "text_right_to_left": FAIL,
    "text_shell": REFUSED,
    "text_surrogate": FAIL,
    "text_unclosed": REFUSED,
}

DOUBLING = """
    abandoned_stdout buffered_bytes carriage_source caught_memory closes_streams context_exit doctests interleaved
    machine_questions mapped_input open_one own_output_object pipe_signal stack_limit star_imports system_call_fails
    thread_main time_zones weak_and_del wrapped_streams
    alarm asynchronous at_exit big_integers builtin_subclasses class_main context_and_match decimals dynamic fast_output
    garbage_heavy late_thread leave_exit leave_os_exit leave_quit leave_raise leave_sys_exit main_guard many_imports noisy_stderr
    own_print own_seed own_source pickled print_options read_buffer read_fileinput read_fstat read_input
    read_lines read_open_zero read_os read_readline read_until_eof reassigned_stdout recursion_generator recursion_main
    recursion_thread short_sleep sqlite_and_more temporary_files threads typed
"""
HONEST = dict.fromkeys(DOUBLING.split(), "double_wide") | {
    "big_result": "power",
    "callback": "callback",
    "carriage_returns": "windows",
    "changes_argument": "order order_asserts",
    "counter": "counter counter_asserts",
    "deep_recursion_call": "solve_deep",
    "docstring_fence": "solve",
    "empty_input": "length",
    "enum_result": "solve",
    "in_place": "in_place order",
    "named_result": "pair",
    "plain_answers": "truth methods pairs loops",
    "recursion_error": "solve",
    "shapes": "shapes_asserts",
    "sorted_views": "order order_asserts",
    "float_steps": "thirds",
    "functions_for_tests": "add_asserts add_asserts_nameless add_errors add_check add_check_called add_unittest half_check order_asserts",
    "generator_function": "solve pair",
    "global_state": "solve add_asserts",
    "large_input": "sum_many",
    "large_output": "print_many",
    "nested_result": "shapes",
    "nothing_printed": "silence",
    "permutation": "permutation permutation_naive",
    "read_input": "double_wide double double_lines double_float double_exact unordered no_newline coin",
    "solution_class": "solve",
    "trailing_spaces": "double double_lines unordered",
    "tuple_for_list": "pair",
    "unicode_io": "greeting",
    "with_main_and_prints": "solve add_asserts",
}


def _rows(folder: str, names: str, problem: str, expected: set[Status], turns: int = 1) -> list[Row]:
    return [Row(f"{folder}/{name}.py", problem, frozenset(expected), turns) for name in names.split()]


def _mapped(folder: str, where: dict[str, str], slow: tuple[str, ...]) -> Iterator[Row]:
    """Each program on each of its problems; a quick run tries one kind of test code only."""
    for name, problems in where.items():
        for problem in problems.split():
            often = CALLED in problems and problem in ("add_asserts", "add_unittest")
            yield Row(f"{folder}/{name}.py", problem, frozenset(OVER), slow=often or name in slow)


ATTACKS = [
    *_rows("reach", HELD, "rig", PASS),
    # to signal anyone with SIGKILL, itself too, may end the program; what counts is that nobody else gets it
    Row("reach/signal_others.py", "rig", frozenset(PASS | {Status.FAIL})),
    *_rows("reach", MAY_DIE, "rig", ENDED),
    *_rows("reach", PLANTED, "rig", PASS, turns=2),
    *_rows("reach", "core_dump", "rig", FAIL),
    *_rows("reach", "stat_secrets", "rig", PASS),
    *_rows("abuse", EXHAUSTING, "held", OVER),
    *_rows("abuse", ENDLESS, "held", TIMEOUT),
    *_rows("abuse", HARMLESS, "held", ENDED | TIMEOUT),
    *_rows("abuse", "file_fill_deep file_fill_hidden threads_small", "held_long", ENDED),
    *_rows("abuse", RESULTS, "solve", OVER),
    *_mapped("abuse", GREEDY, ("fraction_bomb", "range_bomb", "nested_values", "many_small_values", "flood_report")),
    *_mapped("forge", FORGERIES, ("assert_hang", "blame_stack", "search_files")),
    # `f(x).startswith(expected)`: what the program's object says of itself is nobody's proof
    Row("forge/told_by_method.py", "methods", frozenset(OVER | {Status.ABSTAIN})),
    Row("forge/counter_equal.py", "counter_equality", frozenset(OVER | {Status.ABSTAIN})),
    *(row for name in LOOSE.split() for row in _rows("forge", f"loose_{name}", "double", FAIL)),
    *(Row(f"forge/{name}.txt", "double", frozenset(expected)) for name, expected in RESPONSES.items()),
]
ANSWERS = {
    "text_byte_order_mark": "double",
    "text_improved": "solve",
    "text_indented": "double",
    "text_no_tag": "double",
    "text_other_tags": "double",
    "text_output_after": "double",
    "text_session_after": "solve",
    "text_shell_after": "double",
    "text_signature_only": "solve",
    "text_thought_first": "double",
    "text_tilde_fence": "double",
    "text_usage_after": "solve",
    "text_windows": "double",
}
# Its own comparison is all that the test asks of the program: nobody else can say, so the verifier may abstain.
FAIR = [
    Row("counter.py", "counter_equality", frozenset(PASS | {Status.ABSTAIN})),
    *(Row(f"{name}.py", problem, frozenset(PASS)) for name, where in HONEST.items() for problem in where.split()),
    *(Row(f"{name}.txt", problem, frozenset(PASS)) for name, problem in ANSWERS.items()),
]

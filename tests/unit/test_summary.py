"""Numbers of the summary."""

from waferloop.experiment import summary


def test_runs_that_never_get_there():
    assert summary.iterations_to(0.9, [0.5, 0.8, 0.91, 0.7]) == 2
    assert summary.iterations_to(0.9, [0.95]) == 0
    assert summary.iterations_to(0.9, [0.5, 0.6]) is None


def test_recovery_is_counted_from_the_iteration_with_dead_circuits():
    course = [0.5, 0.7, 0.9, 0.9, 0.9, 0.9, 0.9]
    assert summary.iterations_to_recover(8, [*course, 0.6, 0.8, 0.9]) == 3 - 1
    assert summary.iterations_to_recover(8, [*course, 0.895]) == 0
    assert summary.iterations_to_recover(8, [*course, 0.6, 0.8]) is None
    assert summary.iterations_to_recover(1, course) is None

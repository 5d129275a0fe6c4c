"""The output of a run, for given log records of Snakemake."""

import io
import logging
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_labelinfo import LogHandler, LogHandlerSettings
from snakemake_logger_plugin_labelinfo.jobs import Jobs

LOG = ["results/x/logs/train_vae/a.log"]


class Stream(io.TextIOWrapper):
    def __init__(self, terminal):
        super().__init__(io.BytesIO(), encoding="utf-8")
        self.terminal = terminal

    def isatty(self):
        return self.terminal

    def text(self):
        self.flush()
        return self.buffer.getvalue().decode("utf-8")


def record(event=None, message="", level=logging.INFO, **content):
    made = logging.LogRecord("snakemake", level, "", 0, message, None, None)
    made.__dict__.update(content | ({"event": event} if event else {}))
    return made


def said(records, monkeypatch, *, dry=False, terminal=False, everything=False):
    """Return the handler's output for some records."""
    stream = Stream(terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "30")
    common = SimpleNamespace(dryrun=dry, stdout=False, verbose=False)
    handler = LogHandler(common, LogHandlerSettings(all=everything))
    for each in records:
        handler.emit(each)
    handler.close()
    return stream.text()


def info(job, rule, reason="Missing output files: x"):
    return record(LogEvent.JOB_INFO, jobid=job, rule_name=rule, reason=reason)


def done(job, count, total):
    return [
        record(LogEvent.JOB_FINISHED, job_id=job),
        record(LogEvent.PROGRESS, done=count, total=total),
    ]


PLAN = record(LogEvent.RUN_INFO, stats={"train_vae": 2, "plot_figure1": 1, "total": 3})
RUN = [
    record(message="Building DAG of jobs..."),
    PLAN,
    info(1, "train_vae"),
    info(2, "train_vae"),
    *done(1, 1, 3),
    *done(2, 2, 3),
    info(3, "plot_figure1"),
    *done(3, 3, 3),
    record(message="Rows finished: 2 of 2."),
]


def test_in_a_pipe_a_run_is_a_line_a_minute(monkeypatch):
    first, begun, over, last = said(RUN, monkeypatch).splitlines()
    assert first == "3 jobs: 2 train_vae, 1 plot_figure1"
    assert re.fullmatch(r"\d\d:\d\d 0 of 3 jobs done, time left .*; running: 1 train_vae", begun)
    assert over.endswith("3 of 3 jobs done")
    assert last == "Rows finished: 2 of 2."


def test_on_a_terminal_a_run_is_one_bar_that_is_gone_in_the_end(monkeypatch):
    text = said(RUN, monkeypatch, terminal=True)
    assert re.search(
        r"1 of 3 jobs done, [a-z ]*a minute left \|██████\S* +\| running: 1 train_vae", text
    )
    lines = [line.rpartition("\r")[2].strip() for line in text.split("\n")]
    assert list(filter(None, lines)) == [
        "3 jobs: 2 train_vae, 1 plot_figure1",
        "Rows finished: 2 of 2.",
    ]


def test_a_failure_names_the_job_and_its_log(monkeypatch):
    of = {"level": logging.ERROR, "jobid": 1, "rule_name": "train_vae", "rule_msg": "OUT_OF_MEMORY"}
    failed = record(LogEvent.JOB_ERROR, "x", log=LOG, **of)
    group = record(LogEvent.GROUP_ERROR, "x", logging.ERROR, groupid="run", aux_logs=["slurm.log"])
    text = said([PLAN, info(1, "train_vae"), group, failed], monkeypatch)
    assert "Failed: group run, log slurm.log\n" in text
    assert f"Failed: train_vae, log {LOG[0]}\n    OUT_OF_MEMORY\n" in text


def test_a_plan_is_a_table_with_reasons(monkeypatch):
    other = "Params have changed since last execution; Input files updated by another job: a, b"
    jobs = [info(1, "train_vae"), info(2, "train_vae", other), info(3, "plot_figure1")]
    lines = said([PLAN, *jobs, PLAN], monkeypatch, dry=True).splitlines()
    assert lines[3].split(maxsplit=2) == [
        "train_vae",
        "2",
        "missing output files (1), params have changed since last execution (1), "
        "input files updated by another job (1)",
    ]
    assert lines[4].split() == ["plot_figure1", "1", "missing", "output", "files"]
    assert lines[5].split() == ["total", "3"]


def test_warnings_and_unknown_records_are_printed_and_chatter_on_demand(monkeypatch):
    unknown = record(message="Nothing to be done.")
    warning = record(message="Select jobs to worry about", level=logging.WARNING)
    chatter = record(message="Building DAG of jobs...")
    expected = ["Nothing to be done.", "Select jobs to worry about"]
    assert said([unknown, warning, chatter], monkeypatch).splitlines() == expected
    text = said([chatter], monkeypatch, everything=True)
    assert text == "Building DAG of jobs...\n"


def test_the_time_left_is_that_of_jobs_of_the_same_rule(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    jobs = Jobs()
    jobs.start({"train_vae": 4, "plot_figure1": 1, "total": 5})
    assert jobs.seconds_left() is None
    for job in (1, 2):
        jobs.begin(job, "train_vae", None)
    now[0] = 100.0
    jobs.end(1)
    jobs.end(2)
    # two at a time; the figure's time is unknown
    assert jobs.seconds_left() == (pytest.approx(2 * 100 / 2), True)
    jobs.begin(3, "train_vae", None)
    now[0] = 150.0
    assert jobs.seconds_left() == (pytest.approx((200 - 50) / (250 / 150)), True)
    jobs.end(3)
    jobs.begin(5, "plot_figure1", None)
    now[0] = 160.0
    jobs.end(5)
    mean = (100 + 100 + 50) / 3
    assert jobs.seconds_left() == (pytest.approx(mean / (260 / 160)), False)


@pytest.mark.parametrize(
    ("arguments", "locale"),
    [
        (["labelinfo.config", "β.yaml"], {"PYTHONIOENCODING": "ascii"}),
        (["labelinfo.progress"], {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        (["labelinfo.columns"], {"PYTHONIOENCODING": "latin1"}),
    ],
    ids=["ascii", "C", "latin1"],
)
def test_entry_points_print_in_any_locale(tmp_path, monkeypatch, arguments, locale):
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "β.yaml").write_text("experiment: theirs\n", encoding="utf-8")
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert b"Traceback" not in done.stderr

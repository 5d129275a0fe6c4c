# make demo: the whole workflow on the embedded sample.   make verify: a published table recomputed.
# make test: every quick check.   make test-long: whole workflows, the real data sets, and killed processes.
# make test-slurm: jobs on a real Slurm. CI makes all but the last.
PYTHON ?= python3
VENV ?= .venv
CORES ?= 2
BIN := $(VENV)/bin
# recipes call the environment's programs by name
export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: demo test lint unit dry-runs test-long test-slurm verify install clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	@snakemake --cores $(CORES) --configfile workflow/experiments/demo.yaml -- make_report
	@echo "Report     results/demo/report.html"

test: lint unit

lint: $(VENV)/.installed-dev
	ruff check .
	ruff format --check .
	snakefmt --check .
	snakemake --lint

# CORES processes; each takes the next test as it comes
unit: $(VENV)/.installed-dev
	pytest -n $(CORES) --dist worksteal -m "not workflow and not mirror and not kills and not cluster and not slurm"

# the plan of every experiment; an overlay in a folder goes after the experiment of that name
dry-runs: $(VENV)/.installed
	@for each in config.yaml workflow/experiments/*.yaml; do \
	    echo "$$each"; snakemake -n --quiet rules --configfile $$each || exit 1; \
	done
	@for each in workflow/experiments/*/*.yaml; do \
	    echo "$$each"; snakemake -n --quiet rules --configfile $${each%/*}.yaml $$each || exit 1; \
	done

# whole workflows, dry and real, those of the real data sets in the folder LABELINFO_MIRROR, and processes
# killed again and again; KIND=kills takes one kind. A file's tests share what one process makes; files in
# their order, so that short ones are the last
KIND ?= workflow or mirror or kills
test-long: $(VENV)/.installed-dev
	pytest -n $(CORES) --dist loadfile --no-loadscope-reorder -m "($(KIND)) and not cluster and not slurm"

# ROWS of the table of runs in TABLE, trained, measured and probed again
TABLE ?= results/published/demo
ROWS ?= 1
verify: $(VENV)/.installed
	@python -m labelinfo.verify $(TABLE) --rows $(ROWS)

# the demo and more through a real Slurm of one node, which it installs (Debian) and starts, as root
test-slurm: $(VENV)/.installed-cluster
	LABELINFO_SLURM=1 pytest -m "cluster or slurm"

install: $(VENV)/.installed

$(VENV)/.installed: envs/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Error: $(PYTHON) is older than 3.11: name a newer one, as in make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	    { echo "Error: cannot make a virtual environment: on Debian or Ubuntu, apt install python3-venv"; exit 1; }
	@echo "Installing pinned dependencies into $(VENV) (PyTorch is large) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement envs/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed envs/requirements-dev.txt
	@echo "Installing the tools for tests ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement envs/requirements-dev.txt
	@touch $@

# a separate environment file, since each of these plugins makes every start of Snakemake slower
$(VENV)/.installed-cluster: $(VENV)/.installed-dev envs/requirements-cluster.txt
	@echo "Installing Snakemake's plugins for clusters ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement envs/requirements-cluster.txt
	@touch $@

clean:
	rm -rf $(VENV) results/demo

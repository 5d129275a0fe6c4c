#!/usr/bin/env bash
# Bring up a real single-node Slurm cluster (munged + slurmctld + slurmd) on
# loopback, without systemd. Idempotent. Run as root.
#   SLURMTEST_ROOT   state directory          (default: slurmtest under TMPDIR or /var/tmp)
#   SLURMTEST_CPUS   CPUs to offer            (default: what `slurmd -C` finds; may be more)
#   SLURMTEST_GPUS   number of gpu gres       (default: 1)
set -euo pipefail
ROOT=${SLURMTEST_ROOT:-${TMPDIR:-/var/tmp}/slurmtest}
ETC=$ROOT/etc RUN=$ROOT/run LOG=$ROOT/log STATE=$ROOT/state
HOST=$(hostname -s)
GPUS=${SLURMTEST_GPUS:-1}
CTLD_PORT=${SLURMTEST_CTLD_PORT:-6817} SLURMD_PORT=${SLURMTEST_SLURMD_PORT:-6818}
export SLURM_CONF=$ETC/slurm.conf

# ---- 1. packages ------------------------------------------------------------
if ! command -v slurmctld >/dev/null || ! command -v slurmd >/dev/null ||
   ! command -v sbatch >/dev/null || ! command -v munged >/dev/null; then
    mkdir -p "$LOG"
    echo "installing slurmctld slurmd slurm-client munge ..."
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq
      apt-get install -y --no-install-recommends slurmctld slurmd slurm-client munge
    } >"$LOG/apt.log" 2>&1 || { tail -20 "$LOG/apt.log" >&2; exit 1; }
fi

alive() {  # alive PIDFILE COMM: that pid runs, is that program, is no zombie
    local p; p=$(cat "$1" 2>/dev/null) || return 1
    [ -n "$p" ] && [ "$(cat "/proc/$p/comm" 2>/dev/null)" = "$2" ] &&
        ! grep -q '^State:.Z' "/proc/$p/status" 2>/dev/null
}
node_state() { timeout 3 sinfo -h -n "$HOST" -o %T 2>/dev/null | head -1; }

mkdir -p "$ETC" "$RUN" "$LOG" "$STATE/ctld" "$STATE/slurmd"

# ---- 2. configuration (rewritten only while the cluster is down) -------------
if ! alive "$RUN/slurmctld.pid" slurmctld; then
    CPUS=${SLURMTEST_CPUS:-$(slurmd -C | sed -n 's/.*CPUs=\([0-9]*\).*/\1/p')}
    MEM=$(slurmd -C | sed -n 's/.*RealMemory=\([0-9]*\).*/\1/p')
    cat >"$ETC/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$HOST(127.0.0.1)
SlurmctldPort=$CTLD_PORT
SlurmdPort=$SLURMD_PORT
# bind to the node's own address (127.0.0.1), not to 0.0.0.0
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$RUN/munge.socket
SlurmctldPidFile=$RUN/slurmctld.pid
SlurmdPidFile=$RUN/slurmd.pid
SlurmctldLogFile=$LOG/slurmctld.log
SlurmdLogFile=$LOG/slurmd.log
StateSaveLocation=$STATE/ctld
SlurmdSpoolDir=$STATE/slurmd
# no systemd, no cgroups
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
# no slurmdbd: finished jobs stay visible to squeue/scontrol for MinJobAge s,
# and one line per finished job is appended to jobcomp.log
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$LOG/jobcomp.log
MinJobAge=3600
MaxJobCount=20000
# a node that a test sets down stays so until the test resumes it
ReturnToService=1
# a job lost with its daemon fails (and Snakemake decides), it is not requeued
JobRequeue=0
# CPUs need not be there: their number is what keeps GPUs from being the only limit
SlurmdParameters=config_overrides
SlurmctldTimeout=60
SlurmdTimeout=60
InactiveLimit=0
KillWait=5
MailProg=/bin/true
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,sched_min_interval=100000,batch_sched_delay=0,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
GresTypes=gpu
NodeName=$HOST NodeAddr=127.0.0.1 CPUs=$CPUS RealMemory=$MEM Gres=gpu:$GPUS State=UNKNOWN
PartitionName=main Nodes=$HOST Default=YES MaxTime=INFINITE DefaultTime=60 State=UP
CONF
    # A gpu gres needs File=: "Count=N" alone leaves the node in state INVAL, and a
    # plain file there leaves CUDA_VISIBLE_DEVICES unset. Without a real GPU, null
    # devices (as /dev/null: c 1 3) stand in; Slurm never opens them.
    for i in $(seq 0 $((GPUS-1))); do
        f=/dev/nvidia$i
        [ -e "$f" ] || f=$STATE/fakegpu$i
        [ -c "$f" ] || { rm -f "$f"; mknod "$f" c 1 3; }
        echo "NodeName=$HOST Name=gpu File=$f"
    done >"$ETC/gres.conf"
    echo "# cgroups unused" >"$ETC/cgroup.conf"
fi

# The Snakemake plugin's job step drops every SLURM_* variable, SLURM_CONF too,
# before it calls srun, so srun finds no configuration outside /etc/slurm. PATH
# is kept: an srun that sets SLURM_CONF itself, first on PATH, solves it.
BIN=$ROOT/bin; mkdir -p "$BIN"
cat >"$BIN/srun" <<WRAP
#!/bin/sh
SLURM_CONF=$ETC/slurm.conf exec /usr/bin/srun "\$@"
WRAP
chmod +x "$BIN/srun"
cat >"$ROOT/env.sh" <<ENV
export SLURM_CONF=$ETC/slurm.conf
case ":\$PATH:" in *":$BIN:"*) ;; *) export PATH=$BIN:\$PATH;; esac
ENV

# ---- 3. munged (as user munge, own key and socket) ---------------------------
if ! alive "$RUN/munged.pid" munged; then
    M=$STATE/munge
    install -d -o munge -g munge -m 0755 "$M"
    if [ ! -s "$M/munge.key" ]; then
        (umask 077; head -c 128 /dev/urandom >"$M/munge.key")
    fi
    chown munge:munge "$M/munge.key"; chmod 0400 "$M/munge.key"
    chmod 0755 "$ROOT" "$RUN" "$LOG" "$STATE"
    rm -rf "$RUN/munge"     # socket and lock left by a crash
    install -d -o munge -g munge -m 0755 "$RUN/munge"
    setpriv --reuid=munge --regid=munge --init-groups munged \
        --key-file="$M/munge.key" --socket="$RUN/munge/munge.socket" \
        --pid-file="$RUN/munge/munged.pid" --seed-file="$M/munged.seed" \
        --log-file="$M/munged.log"
    ln -sfn munge/munged.pid "$RUN/munged.pid"
    ln -sfn munge/munge.socket "$RUN/munge.socket"
fi

# ---- 4. slurmctld, slurmd ----------------------------------------------------
alive "$RUN/slurmctld.pid" slurmctld || slurmctld -f "$SLURM_CONF"
alive "$RUN/slurmd.pid" slurmd || slurmd -f "$SLURM_CONF"

deadline=$((SECONDS + 45))
while [ $SECONDS -lt $deadline ]; do
    case "$(node_state)" in
        idle|mixed|allocated) break;;
        # left so by an earlier run (a drained state is kept across restarts)
        drain*|down*|inval*) [ $SECONDS -gt $((deadline - 42)) ] &&
            timeout 3 scontrol update NodeName="$HOST" State=RESUME 2>/dev/null || true;;
    esac
    sleep 0.5
done
case "$(node_state)" in
    idle|mixed|allocated) ;;
    *) echo "node not up: $(sinfo -h -n "$HOST" -o '%T %E')" >&2
       tail -n 5 "$LOG/slurmctld.log" "$LOG/slurmd.log" >&2; exit 1;;
esac
sinfo -N -o "%N %T %c cpus %m MB %G"
echo "slurm up.  use: . $ROOT/env.sh   stop: $(dirname "$0")/stop-slurm.sh"

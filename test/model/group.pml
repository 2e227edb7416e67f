/*
 * The group's drain on slow media: leader and followers, a sync that fails, a leader who dies or stalls, a thread that attaches late.
 *
 * Stands for: persisting of a shared stream on `page-cache` and `file`: DRAIN lock, `persisted`, `poisoned`, `syncing` of each thread.
 * Abstracts: entries are numbers, committed in one step. A sync has three moments: it begins; it takes to the disk what was written so
 * far, or fails and the system forgets that this was not written; it tells: an error once to each open file description that was open
 * at that time (to a later one only if nobody was told yet). A thread may die before any step. A stalled one has begun
 * a sync and never runs again, alive.
 *
 * Proves: persisted never says more than is durable; nobody is told of a lost entry that it is durable; every thread that is neither dead
 * nor stalled comes to an answer.
 *
 * Switches: THREADS (2, 3), DEATHS, FAILURES, STALLS; LATE: the last thread attaches at any time.
 */
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef FAILURES
#define FAILURES 1
#endif
#ifndef STALLS
#define STALLS 0
#endif
#ifndef THREADS
#define THREADS 3
#endif

byte last, persisted;
byte durable;                   /* everything up to here is on the disk for good */
byte lost;                      /* of what is not durable, this is in memory only and held for written; 0: nothing */
bit poisoned;
byte drain_lock;
bit syncing[4];
bit dead[4];
byte deaths, failures, stalls;

bit failed, told_anybody;       /* the file's last error … */
bit told[4];                   /* … and which description was told */

#define MAY_DIE if :: true :: deaths < DEATHS -> deaths++; dead[me] = 1; goto gone fi
#define STEP(action) atomic { MAY_DIE; action }

#ifdef SHARED_DESCRIPTION
#define MINE 0
#else
#define MINE me
#endif

/* Everything that is not durable is stored once more. */
inline store_again() { lost = 0 }

/* Someone's sync is under way, or was when he died: whoever was not there from its beginning may never hear of its error. */
inline distrust() {
  if
  :: syncing[1] || syncing[2] || syncing[3] -> store_again()
  :: else
  fi
}

inline sync() {
  STEP(syncing[me] = 1);
  atomic {
    MAY_DIE;
    if
    :: true ->
      if :: lost == 0 -> durable = last :: else fi
    :: failures < FAILURES && durable < last ->
      failures++; lost = last; failed = 1; told_anybody = 0;
      told[0] = 0; told[1] = 0; told[2] = 0; told[3] = 0
    fi
  }
  if
  :: stalls < STALLS -> stalls++; goto stalled
  :: true
  fi;
  STEP(bad = (failed && !told[MINE]); if :: bad -> told[MINE] = 1; told_anybody = 1 :: else fi)
}

/* Returns with `bad` if it may not acknowledge. */
inline drain() {
  atomic { MAY_DIE; target = last }
  sync();
#ifdef POISON_LATE
  if
  :: bad && holding -> STEP(drain_lock = 0; holding = 0)
  :: else
  fi;
#endif
  STEP(
    if
    :: bad -> poisoned = 1
    :: !bad && !poisoned -> if :: target > persisted -> persisted = target :: else fi
    :: else -> bad = 1
    fi;
    syncing[me] = 0;
    assert(persisted <= durable))
}

proctype Thread(byte me) {
  byte mine, target;
  bit bad, holding;

#ifdef LATE
  /* The description is opened first. */
  if
  :: me == THREADS ->
    STEP(told[MINE] = failed && told_anybody);
#ifndef ATTACH_TRUSTS
    STEP(distrust())
#endif
  :: else
  fi;
#endif
  STEP(if :: poisoned -> goto over :: else fi; last++; mine = last);
  /* Waits for the leader, or leads. */
  atomic {
    MAY_DIE;
    if
    :: drain_lock == 0 -> drain_lock = me; holding = 1
    :: drain_lock != 0 && dead[drain_lock] ->
      drain_lock = me; holding = 1;
#ifndef TAKEOVER_TRUSTS
      store_again()
#endif
    :: persisted >= mine || poisoned
#ifndef NO_COURTESY
    /* Has waited long: drains beside the leader. */
    :: drain_lock != 0
#endif
    fi
  }
  if
  :: persisted >= mine -> skip
  :: persisted < mine && poisoned -> bad = 1
  :: else -> drain()
  fi;
  if
  :: holding -> STEP(drain_lock = 0; holding = 0)
  :: else
  fi;
  /* The answer. */
  assert(bad || mine <= durable);
  goto over;
stalled: end_stalled: false;
gone: skip;
over: target = 0; bad = 0; holding = 0
}

init {
  atomic {
    byte i;
    for (i : 1 .. THREADS) { run Thread(i) }
  }
}

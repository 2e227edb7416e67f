/*
 * The live file: what a writer rings, and how a reader of another process waits; writers who die, close and are replaced.
 *
 * Stands for: docs/decisions/0009-live-readers.md (the herald of a writer, the follower and the futex wait of a reader).
 * Abstracts: entries are numbers. The writer's lock on the stream and flock on the live file are taken in one step. A live file is an
 * inode (1, 2); the path names one or none. A futex wait compares and falls asleep in one step.
 * The first writer may die before any step (DEATHS), else it closes; then the second one opens.
 * With PMEM rings may be left out, and a reader looks again by itself; without it (slow media) no reader ever does.
 *
 * Proves: persisted never says more than is durable, committed never more than can be seen; no wake-up is lost on slow media, also
 * across a change of writers, where a second one comes; on pmem the looks are enough; a reader that has the file has the one that the
 * writer rings.
 *
 * Switches: DEATHS, PMEM, READERS.
 */
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef READERS
#define READERS 1
#endif
#define FIRST 2          /* entries of the first writer, if it lives */
#define INODES 3

byte path;                                   /* the inode that the path names; 0: none */
byte news[INODES], persisted[INODES], committed[INODES];
bit asleep[READERS];
byte asleep_on[READERS], saw[READERS];
byte holders[INODES];                        /* flock(LOCK_SH) of everybody who uses it */
bit exclusive[INODES];                       /* LOCK_EX of the one who leaves last */

byte stream_lock;                            /* the writer that has it */
byte stored, sealed, durable;                /* entries that are in the file, have checksums, survive a power cut */
bit first_came, last_writer;                 /* the first writer has begun, the second one has ended */
byte deaths;

#define MAY_DIE if :: true :: me == 1 && deaths < DEATHS -> deaths++; goto died fi
#define STEP(action) atomic { MAY_DIE; action }

inline wake(i) {
  for (k : 0 .. READERS - 1) { if :: asleep[k] && asleep_on[k] == i -> asleep[k] = 0 :: else fi };
  k = 0
}

inline ring(i) {
#ifdef WAKE_FIRST
  STEP(wake(i));
  STEP(news[i]++)
#else
  STEP(news[i]++);
  STEP(wake(i))
#endif
}

/* A lock on an inode that has lost its name is no good: look again. */
inline use() {
  do
  :: path != 0 ->
    mine = path;
    atomic { !exclusive[mine] -> holders[mine]++ }
#ifdef NO_SECOND_LOOK
    break
#else
    if
    :: path == mine -> break
    :: else -> holders[mine]--; mine = 0
    fi
#endif
  :: path == 0 -> break
  od
}

/* Who leaves last takes the name away. */
inline leave() {
#ifdef LEAVE_AT_ONCE
  atomic { exclusive[mine] = 1; path = 0 }
  exclusive[mine] = 0;
#else
  atomic { if :: holders[mine] == 1 -> exclusive[mine] = 1 :: else fi };
  if
  :: exclusive[mine] -> if :: path == mine -> path = 0 :: else fi; exclusive[mine] = 0
  :: else
  fi;
#endif
  atomic { holders[mine]--; mine = 0 }
}

inline append() {
  STEP(stored++);
#ifdef COMMITTED_EARLY
  STEP(committed[mine] = stored);
#endif
  STEP(sealed = stored);
#ifdef PERSISTED_EARLY
  STEP(persisted[mine] = sealed);
#endif
  STEP(durable = sealed);
#ifndef RING_FIRST
  STEP(persisted[mine] = durable);
  STEP(committed[mine] = durable);
#endif
  if
#ifdef PMEM
  :: true -> skip
#endif
  :: true -> ring(mine)
  fi;
#ifdef RING_FIRST
  STEP(persisted[mine] = durable);
  STEP(committed[mine] = durable);
#endif
}

proctype Writer(byte me) {
  byte mine, n, k;

  atomic { stream_lock == 0 && (me == 1 || first_came) -> stream_lock = me; first_came = 1 }
  /* Takes over the live file that is there, or makes one. */
  use();
  STEP(if :: mine == 0 -> assert(path == 0); mine = me; path = me; holders[me]++ :: else fi);
  /* Recovery: what has no checksum is gone; what is there is made durable. */
  STEP(stored = sealed; durable = sealed);
  STEP(persisted[mine] = durable);
  STEP(committed[mine] = durable);
#ifndef NO_RING_AT_OPENING
  ring(mine);
#endif
  do
  :: n < (me == 1 -> FIRST : 1) -> append(); n++
  :: n == FIRST || me == 2 -> break
  od;
  /* Readers who come find the file that is rung. */
  assert(path == mine);
  if
  :: me == 1 -> atomic { stream_lock = 0 }; leave(); goto closed
  :: else -> last_writer = 1; goto closed
  fi;
died:
  /* The kernel lets go of its locks. */
  atomic {
    if :: stream_lock == me -> stream_lock = 0 :: else fi;
    if :: mine != 0 -> holders[mine]-- :: else fi;
    mine = 0
  }
closed:
  atomic { n = 0; k = 0 }
}

proctype Reader(byte me) {
  byte mine, seen;

  /* While there is no live file it looks every 20 ms. */
again:
  use();
  if
  :: mine == 0 -> atomic { path != 0 || last_writer -> skip };
    if
    :: path != 0 -> goto again
    :: else -> goto over
    fi
  :: else
  fi;
  do
  :: true ->
#ifndef SEEN_LATE
    seen = news[mine];
#endif
    /* The look: both numbers, then the bytes. */
    atomic {
      assert(persisted[mine] <= durable);
      assert(committed[mine] <= sealed);
      saw[me] = committed[mine]
    }
#ifdef SEEN_LATE
    seen = news[mine];
#endif
    if
    :: saw[me] == FIRST -> break              /* has what it wanted */
    :: last_writer && saw[me] == stored -> break
    :: else ->
      atomic { if :: news[mine] == seen -> asleep[me] = 1; asleep_on[me] = mine :: else fi }
end_asleep:
      atomic {
        if
        :: !asleep[me]
#if defined(PMEM) && !defined(NO_LOOKS)
        :: asleep[me] -> asleep[me] = 0
#endif
        fi
      }
    fi
  od;
  leave();
over:
  seen = 0
}

/* When nothing goes on any more, whoever sleeps has seen everything, and sleeps where he can be woken. */
active proctype Judge() {
  byte k;

  timeout;
  for (k : 0 .. READERS - 1) { assert(!asleep[k] || (saw[k] == stored && asleep_on[k] == path)) }
}

init {
  atomic {
    byte i;
    for (i : 1 .. READERS) { run Reader(i - 1) }
    /* The second writer comes when the first has gone. */
    run Writer(1);
    run Writer(2)
  }
}

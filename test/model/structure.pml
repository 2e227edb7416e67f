/*
 * Structural changes beside appends and reads: clear, free and reuse of the ground, checkpoints, and what a dead changer leaves.
 *
 * Stands for: the step generators of src/core/regions.ts and checkpoint.ts under the STRUCTURE lock, the refresh of a thread's table
 * (structure counter), and readers that look at a region's life after each step.
 * Abstracts: a region is two places; slot 0 and slot 2 lie on the same ground (2 is allocated once 0 is free), slot 1 on another. An
 * append's commit is one step (append.pml). A record is its generation (0: free) in two copies, each torn while it is stored.
 * What lies on the ground says under which generation it was sealed. A drain makes durable what was stored before it began.
 * A thread may die before any step; the machine may crash in any state (invariants over what is durable).
 *
 * Proves: an entry is sealed under the generation that its region has, and acknowledged only when the record that says so is
 * durable; of a record one whole copy is durable at any moment; no byte of a new life is stored before the old one has ended for
 * everybody; a reader who finds the life unchanged has read his own region's bytes; a mark stands above durable entries only, and
 * splits the entries of its region exactly at the checkpoint; whoever waits behind a change comes to his end, whoever dies.
 *
 * Switches: APPENDERS (1, 2), READER, DRAINER, CHECKPOINT (a changer may make one), DEATHS.
 */
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef CHANGERS
#define CHANGERS 2
#endif
#ifndef APPENDERS
#define APPENDERS 1
#endif
#define THREADS (CHANGERS + APPENDERS + 1)
#define CAP 2
#define SLOTS 3
#define TORN 99
#define GROUND(s, p) (((s) & 1) * CAP + (p))
#define PLACES (2 * CAP)

/* The ground: generation that the checksum was made for, and timestamp. */
byte sum_of[PLACES], stamp[PLACES];
bit safe[PLACES];                     /* durable as it is */

/* Records: the generation that the first and the second copy say, and what of them is durable. */
byte first[SLOTS], second[SLOTS], first_safe[SLOTS], second_safe[SLOTS];
byte mark[SLOTS], mark_stamp;         /* marks of the checkpoint; its timestamp */

/* The board. */
byte structure_lock, region_lock[SLOTS], commit_lock;
byte turn;                            /* structure counter */
byte life[SLOTS], tail[SLOTS], flushed[SLOTS], known[SLOTS];   /* known: the generation the words are about; 0: none */
bit changing[SLOTS], dirty[SLOTS];
byte last;
bit dead[THREADS + 1];
byte deaths, generations;

#define MAY_DIE if :: true :: deaths < DEATHS -> deaths++; dead[me] = 1; goto gone fi
#define STEP(action) atomic { MAY_DIE; action }
#define LOCK(word) atomic { MAY_DIE; (word == 0 || dead[word]) -> taken = (word != 0); word = me }
#define UNLOCK(word) STEP(word = 0)
#define RECORD(s) (first[s] == TORN -> second[s] : (first[s] > second[s] || first[s] == 0 -> first[s] : second[s]))

/* What stays on the medium whatever a crash takes: one whole copy. */
inline store_first(s, g) {
  STEP(assert(second_safe[s] == second[s] && second[s] != TORN); first[s] = TORN; first_safe[s] = TORN);
  STEP(first[s] = g)
}
inline store_second(s, g) {
  STEP(assert(first_safe[s] == first[s] && first[s] != TORN); second[s] = TORN; second_safe[s] = TORN);
  STEP(second[s] = g)
}
/* Everything stored before a drain begins is durable when it ends. Records change under STRUCTURE only; entries below a tail do not. */
inline drain() {
  STEP(
    for (k : 0 .. SLOTS - 1) { first_safe[k] = first[k]; second_safe[k] = second[k] };
    k = 0);
}

inline lock_structure() {
  LOCK(structure_lock);
#ifndef NO_REPAIR
  if
  :: taken -> repair()
  :: else
  fi
#endif
}

/* A change has happened once its first copy is whole. What the dead thread stored need not be durable yet. */
inline repair() {
  s = 0;
  do
  :: s < SLOTS ->
    if
    :: first[s] == TORN -> store_first(s, second[s]); drain()
#ifdef REPAIR_WITHOUT_DRAIN
    :: first[s] != TORN && first[s] != second[s] -> STEP(first_safe[s] = first_safe[s]); store_second(s, first[s]); drain()
#else
    :: first[s] != TORN && first[s] != second[s] -> drain(); store_second(s, first[s]); drain()
#endif
    :: else -> drain()
    fi;
    if
    :: first[s] != known[s] || changing[s] -> finish(s)
    :: else
    fi;
    s++
  :: else -> break
  od;
  s = 0
}

/* The words of a region follow its record, under its lock; `changing` falls last. */
inline finish(s) {
#ifndef FINISH_UNLOCKED
  LOCK(region_lock[s]);
#endif
#ifdef CHANGING_FIRST
  STEP(changing[s] = 0);
#endif
  if
  :: first[s] != known[s] ->
    STEP(life[s]++);
    STEP(tail[s] = 0; flushed[s] = 0; dirty[s] = 0);
    STEP(known[s] = first[s]);
#ifdef COUNTER_IF_NEWS
    STEP(turn++)
#endif
  :: else
  fi;
#ifndef COUNTER_IF_NEWS
  STEP(turn++);
#endif
#ifdef FINISH_UNLOCKED
  STEP(changing[s] = 0)
#else
  STEP(changing[s] = 0);
  UNLOCK(region_lock[s])
#endif
}

inline stop_appends(s) {
#ifdef CHANGING_WITHOUT_LOCK
  STEP(changing[s] = 1)
#else
  LOCK(region_lock[s]);
  STEP(changing[s] = 1);
  UNLOCK(region_lock[s])
#endif
}

inline change_record(s, g) {
  store_first(s, g);
#ifndef NO_FIRST_DRAIN
  drain();
#endif
  store_second(s, g);
  drain();
  finish(s)
}

/* Where all regions end, and the last timestamp, at one moment; then everything below is made durable; then it is written down. */
inline checkpoint() {
#ifdef LOOSE_SNAPSHOT
  STEP(upto = last);
  STEP(end[0] = tail[0]; end[1] = tail[1]);
#else
  LOCK(commit_lock);
  STEP(upto = last; end[0] = tail[0]; end[1] = tail[1]);
  UNLOCK(commit_lock);
#endif
#ifndef MARK_BEFORE_DRAIN
  STEP(for (k : 0 .. PLACES - 1) { safe[k] = safe[k] || (k % CAP < end[k / CAP]) }; k = 0);
#endif
  STEP(
    for (k : 0 .. PLACES - 1) {
      assert(k % CAP >= end[k / CAP] || (stamp[k] != 0 && stamp[k] <= upto && safe[k]));
      assert(k % CAP < end[k / CAP] || k % CAP >= tail[k / CAP] || known[k / CAP] == 0 || stamp[k] > upto)
    };
    k = 0; upto = 0; end[0] = 0; end[1] = 0);
}

proctype Changer(byte me) {
  byte s, k, g, upto;
  byte end[2];
  bit taken;

  lock_structure();
  if
#ifdef CHECKPOINT
  :: checkpoint()
#endif
  :: known[0] != 0 ->                       /* clear */
    stop_appends(0);
    atomic { generations++; g = generations };
    change_record(0, g)
#ifdef REUSE
  :: known[0] != 0 ->                       /* free, and allocate another region there */
    stop_appends(0);
    change_record(0, 0);
    UNLOCK(structure_lock);
    lock_structure();
    if
    :: known[0] == 0 && known[2] == 0 -> atomic { generations++; g = generations }; change_record(2, g)
    :: else
    fi
#endif
  :: known[0] == 0
  fi;
  UNLOCK(structure_lock);
gone: skip
}

/* Appends one entry to slot `at` if it is there. */
proctype Appender(byte me; byte at) {
  byte s, k, pos, mine, seen_turn, g;
  bit taken;

again:
  /* The thread's own table is read while nobody changes it. */
#ifdef REFRESH_LOOSE
  STEP(seen_turn = turn);
  STEP(g = RECORD(at));
#else
  lock_structure();
  STEP(seen_turn = turn; g = RECORD(at));
  UNLOCK(structure_lock);
#endif
  if
  :: g == 0 -> goto gone
  :: else
  fi;
  s = 0;
  LOCK(region_lock[at]);
  if
  :: changing[at] ->
    UNLOCK(region_lock[at]);
#ifdef WAIT_FOR_CHANGER
    STEP(changing[at] == 0);
#endif
    /* Reading the table anew waits for the changer, or takes a dead one's place. */
    goto again
#ifndef NO_COUNTER
  :: !changing[at] && seen_turn != turn -> UNLOCK(region_lock[at]); goto again
#endif
#ifdef NO_COUNTER
  :: !changing[at] && tail[at] < CAP
#else
  :: !changing[at] && seen_turn == turn && tail[at] < CAP
#endif
  :: !changing[at] && seen_turn == turn && tail[at] == CAP -> UNLOCK(region_lock[at]); goto gone
  fi;
  STEP(pos = GROUND(at, tail[at]));
  /* Bytes of another life are stored: nobody may count on the old ones any more. */
  STEP(
    assert(first_safe[at] == known[at] || second_safe[at] == known[at]);
    stamp[pos] = 0; sum_of[pos] = 0; safe[pos] = 0);
  LOCK(commit_lock);
  STEP(last++; mine = last; stamp[pos] = mine; tail[at]++; dirty[at] = 1; commit_lock = 0);
  STEP(sum_of[pos] = g);
#ifdef GROUP
  UNLOCK(region_lock[at]);
#else
  STEP(safe[pos] = 1);
  atomic {
    MAY_DIE;
    assert(sum_of[pos] == known[at] && stamp[pos] == mine);
    assert(first_safe[at] == known[at] && second_safe[at] == known[at])
  }
  UNLOCK(region_lock[at]);
#endif
gone: pos = 0; mine = 0; g = 0; seen_turn = 0
}

#ifdef READER
/* Knows slot 0 as it was at first. */
active proctype Reader() {
  byte my_life, end, p, was_stamp, was_sum;
  bit whole;

  my_life = life[0];
  end = tail[0];
  if
  :: p = 0
  :: p = 1
  fi;
  if
  :: p >= end || my_life != 0 -> goto over
  :: else
  fi;
#ifdef LIFE_BEFORE_BYTES
  if :: life[0] != my_life -> goto over :: else fi;
#endif
  was_stamp = stamp[GROUND(0, p)];
  was_sum = sum_of[GROUND(0, p)];
#ifndef LIFE_BEFORE_BYTES
  if :: life[0] != my_life -> goto over :: else fi;
#endif
  /* Of its own life; the checksum may not be there yet. */
  assert(was_stamp != 0 && (was_sum == 1 || was_sum == 0));
over: skip
}
#endif

#ifdef DRAINER
/* The group's drain of slot 0, which goes on while nothing is locked. */
proctype Drainer(byte me) {
  byte k, seen, seen_life, target;
  bit taken;
  bit taking[CAP];

  STEP(target = last);
  LOCK(region_lock[0]);
  STEP(seen = tail[0]; seen_life = life[0]);
  STEP(for (k : 0 .. CAP - 1) { taking[k] = (k >= flushed[0] && k < seen) }; k = 0; region_lock[0] = 0);
  STEP(for (k : 0 .. CAP - 1) { if :: taking[k] && (known[0] != 0) && life[0] == seen_life -> safe[GROUND(0, k)] = 1 :: else fi; taking[k] = 0 }; k = 0);
  LOCK(commit_lock);
  STEP(
    if
#ifdef DRAIN_WITHOUT_LIFE
    :: seen != 0 && seen == tail[0] -> dirty[0] = 0; flushed[0] = seen
#else
    :: seen != 0 && seen == tail[0] && seen_life == life[0] && !changing[0] -> dirty[0] = 0; flushed[0] = seen
#endif
    :: else
    fi;
    commit_lock = 0;
    /* Whoever is below `flushed` is never flushed again. */
    for (k : 0 .. CAP - 1) { assert(k >= flushed[0] || k >= tail[0] || safe[GROUND(0, k)]) };
    k = 0);
gone: skip
}
#endif

init {
  atomic {
    generations = 1;
    first[0] = 1; second[0] = 1; first_safe[0] = 1; second_safe[0] = 1; known[0] = 1;
    generations = 2;
    first[1] = 2; second[1] = 2; first_safe[1] = 2; second_safe[1] = 2; known[1] = 2;
    /* Slot 0 holds one entry already. */
    last = 1; stamp[0] = 1; sum_of[0] = 1; safe[0] = 1; tail[0] = 1; flushed[0] = 1;
    run Changer(1);
#if CHANGERS > 1
    run Changer(2);
#endif
    run Appender(CHANGERS + 1, 0);
#if APPENDERS > 1
#ifdef REUSE
    run Appender(CHANGERS + 2, 2);
#else
    run Appender(CHANGERS + 2, 1);
#endif
#endif
#ifdef DRAINER
    run Drainer(THREADS)
#endif
  }
}

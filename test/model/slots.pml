/*
 * Places of one region: reserve, publish, cancel, settle, an owner who dies, a waiter behind, a clear beside them.
 *
 * Stands for: SharedPlaces (src/core/shared/shared-places.ts): marks in the region's own free space, settled from the tail on, each by a
 * commit. A mark is what becomes the entry's header: its state and length stand where the checksum comes last of all, whose it is where
 * the timestamp comes when it is committed.
 * Abstracts: a place has one or two units. The first thread's has two and is published with one: taken back if it is the last place, else the
 * rest is filled with its entry. COMMIT and its takeover are what append.pml proves. One place a thread.
 * A thread may die before any step.
 *
 * Proves: at the tail stands a mark or nothing was reserved; entries stand in the order of their places and are committed once, whole;
 * a cancelled place and one of a dead owner hide nothing that comes after; whoever waits for a place comes to his end;
 * nobody stores into a place that is not his any more.
 *
 * Switches: THREADS, DEATHS, CLEARER.
 */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#define UNITS 5
#define NONE 0
#define OPEN 1
#define PUBLISHED 2
#define CANCELLED 3
#define BROKEN 4

/* What stands in each unit of the region: a mark, of which a header takes the owner's place. */
byte state[UNITS], length[UNITS], by[UNITS], payload[UNITS];

byte region_lock, commit_lock;
byte tail, reserved, last, life;
bit redo;
byte redo_at, redo_end, redo_stamp;
bit dead[THREADS + 2];
byte deaths;

/* For assertions: whose entry was committed where, and when. */
byte committed_by[UNITS], stamp[UNITS];

#define MAY_DIE if :: true :: deaths < DEATHS -> deaths++; dead[me] = 1; goto gone fi
#define STEP(action) atomic { MAY_DIE; action }
#define IS_MARK(p) (state[p] == OPEN || state[p] == PUBLISHED || state[p] == CANCELLED)
/* A number that is nobody's is no living thread's. */
#ifdef DEAD_BLOCKS
#define IS_OPEN(p) (state[p] == OPEN)
#else
#define IS_OPEN(p) (state[p] == OPEN && by[p] >= 1 && by[p] <= THREADS && !dead[by[p]])
#endif

inline apply() {
  STEP(tail = redo_end);
  STEP(last = redo_stamp);
  STEP(redo = 0)
}

inline lock_commit() {
  atomic { MAY_DIE; (commit_lock == 0 || dead[commit_lock]) -> taken = (commit_lock != 0); commit_lock = me }
  if
  :: taken && redo -> apply()
  :: else
  fi
}

/* Taken from the dead: his commit is ended, and his last mark is cut to what is reserved. */
inline lock_region() {
  atomic { MAY_DIE; (region_lock == 0 || dead[region_lock]) -> taken = (region_lock != 0); region_lock = me }
  if
  :: taken ->
    lock_commit();
    STEP(commit_lock = 0);
#ifndef NO_CUT
    at_mark = tail;
    do
    :: at_mark < reserved ->
      assert(IS_MARK(at_mark));
      if
      :: at_mark + length[at_mark] > reserved -> STEP(length[at_mark] = reserved - at_mark)
      :: else
      fi;
      at_mark = at_mark + length[at_mark]
    :: else -> break
    od;
    at_mark = 0
#endif
  :: else
  fi
}

/* From the tail on, as long as the first place is settled or its owner is dead. */
inline settle() {
  do
  :: tail < reserved ->
    atomic {
      assert(IS_MARK(tail));
      if :: IS_OPEN(tail) -> break :: else fi
    }
#ifndef OPEN_STAYS
    if
    :: state[tail] == OPEN -> STEP(state[tail] = CANCELLED)
    :: else
    fi;
#endif
    lock_commit();
    /* The header, all but the checksum: the mark can still be read. */
#ifdef WHOLE_HEADER
    STEP(by[tail] = last + (state[tail] == PUBLISHED -> 1 : 0); mark = state[tail]; state[tail] = BROKEN);
#else
    STEP(by[tail] = last + (state[tail] == PUBLISHED -> 1 : 0); mark = state[tail]);
#endif
    STEP(redo_at = tail; redo_end = tail + length[tail]; redo_stamp = by[tail]);
    /* The commit point. */
    STEP(
      redo = 1;
      if
      :: mark == PUBLISHED ->
        assert(committed_by[redo_at] == 0);
        committed_by[redo_at] = payload[redo_at];
        stamp[redo_at] = redo_stamp
      :: else
      fi;
      mark = 0);
    apply();
    STEP(commit_lock = 0)
  :: else -> break
  od
}

proctype Writer(byte me) {
  byte at, size, my_life, at_mark, mark;
  bit taken;

  size = (me == 1 -> 2 : 1);
  lock_region();
  if
  :: reserved + size > UNITS -> STEP(region_lock = 0); goto gone
  :: else
  fi;
  STEP(at = reserved; my_life = life);
#ifdef RESERVED_FIRST
  STEP(reserved = at + size);
  STEP(state[at] = OPEN; length[at] = size; by[at] = me);
#else
  STEP(state[at] = OPEN; length[at] = size; by[at] = me);
  STEP(reserved = at + size);
#endif
  STEP(region_lock = 0);
  /* The user stores into the place: the ground itself, with no lock. */
  atomic { MAY_DIE; assert(life == my_life && state[at] == OPEN && by[at] == me); payload[at] = me }
  if
  :: /* publish */
    lock_region();
    if
    :: size == 2 && reserved == at + 2 -> STEP(reserved = at + 1); size = 1
    :: else
    fi;
    STEP(assert(state[at] == OPEN && by[at] == me); state[at] = PUBLISHED; length[at] = size);
    settle();
    STEP(region_lock = 0);
    do
#ifdef FORGETS_LIFE
    :: tail > at -> break
#else
    :: tail > at || life != my_life -> break
#endif
#ifdef ONLY_DEAD_OPEN
    :: tail <= at && life == my_life && state[tail] == OPEN && !IS_OPEN(tail) ->
#else
    /* Looks now and then whether what stands before can be settled. */
    :: tail <= at && life == my_life && (region_lock == 0 || dead[region_lock]) && !IS_OPEN(tail) ->
#endif
      lock_region();
      settle();
      STEP(region_lock = 0)
    od;
    atomic { assert(life != my_life || (committed_by[at] == me && stamp[at] != 0)) }
  :: /* cancel */
    lock_region();
    STEP(assert(state[at] == OPEN && by[at] == me); state[at] = CANCELLED);
    if
    :: at + size == reserved -> STEP(reserved = at)
    :: else -> settle()
    fi;
    STEP(region_lock = 0)
  fi;
gone: at = 0; size = 0; my_life = 0; at_mark = 0; mark = 0
}

#ifdef CLEARER
proctype Clearer(byte me) {
  byte at_mark, mark;
  bit taken;

  lock_region();
  settle();
#ifdef CLEAR_ANYWAY
  if
  :: true ->
#else
  /* VARVE_BUSY while a living thread has a place. */
  if
  :: tail == reserved ->
#endif
    atomic {
      MAY_DIE;
      life++; tail = 0; reserved = 0;
      byte k;
      for (k : 0 .. UNITS - 1) { state[k] = NONE; by[k] = 0; committed_by[k] = 0; payload[k] = 0; stamp[k] = 0 };
      k = 0
    }
  :: else
  fi;
  STEP(region_lock = 0);
gone: skip
}
#endif

/* When nobody runs any more, what was committed stands in order, whole. */
active proctype Judge() {
  byte p, newest;
  (_nr_pr == 1);
  for (p : 0 .. UNITS - 1) {
    assert(committed_by[p] == 0 || ((p < tail || (redo && p == redo_at)) && committed_by[p] == payload[p] && stamp[p] > newest));
    newest = (committed_by[p] == 0 -> newest : stamp[p])
  }
}

init {
  atomic {
    byte i;
    for (i : 1 .. THREADS) { run Writer(i) }
#ifdef CLEARER
    run Clearer(THREADS + 1)
#endif
  }
}

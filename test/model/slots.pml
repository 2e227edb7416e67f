/*
 * Places of one region: reserve, publish, cancel, settle, an owner who dies, a waiter behind, a clear beside them.
 *
 * Stands for: the reservations of a shared stream: marks in the region's own free space, settled from the tail on, each by the REDO
 * record of the COMMIT lock.
 * Abstracts: a place has one or two units and is published with one, so that a filler may have to follow. COMMIT is held from the first word
 * of REDO to the last word of applying; its takeover and the region's are what append.pml proves. One place a thread.
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
#define ENTRY 4
#define FILLER 5

/* What stands in each unit of the region. */
byte kind[UNITS], length[UNITS], by[UNITS], stamp[UNITS];
byte payload[UNITS];

byte region_lock, commit_lock;
byte tail, reserved, last, life;
bit redo;
byte redo_at, redo_end, redo_stamp, redo_kind;
bit dead[THREADS + 2];
byte deaths;

byte committed_by[UNITS];      /* whose entry was committed where; for assertions */
byte entries;

#define MAY_DIE if :: true :: deaths < DEATHS -> deaths++; dead[me] = 1; goto gone fi
#define STEP(action) atomic { MAY_DIE; action }
#define IS_MARK(p) (kind[p] == OPEN || kind[p] == PUBLISHED || kind[p] == CANCELLED)
#ifdef DEAD_BLOCKS
#define IS_OPEN(p) (kind[p] == OPEN)
#else
#define IS_OPEN(p) (kind[p] == OPEN && !dead[by[p]])
#endif

inline apply() {
  STEP(kind[redo_at] = redo_kind; stamp[redo_at] = redo_stamp; by[redo_at] = 0);
  if
  :: redo_kind == ENTRY && redo_end - redo_at > 1 -> STEP(kind[redo_at + 1] = FILLER; stamp[redo_at + 1] = redo_stamp)
  :: else
  fi;
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

inline lock_region() {
  atomic { MAY_DIE; (region_lock == 0 || dead[region_lock]) -> taken = (region_lock != 0); region_lock = me }
  if
  :: taken -> lock_commit(); STEP(commit_lock = 0)
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
    lock_commit();
#ifdef HEADER_FIRST
    STEP(redo_kind = (kind[tail] == PUBLISHED -> ENTRY : FILLER); redo_end = tail + length[tail]; kind[tail] = redo_kind);
    STEP(redo_at = tail; redo_stamp = (redo_kind == ENTRY -> last + 1 : last));
#else
    STEP(
      redo_kind = (kind[tail] == PUBLISHED -> ENTRY : FILLER);
      redo_end = tail + length[tail];
      redo_at = tail;
      redo_stamp = (redo_kind == ENTRY -> last + 1 : last));
#endif
    /* The commit point. */
    STEP(
      redo = 1;
      if :: redo_kind == ENTRY -> assert(committed_by[redo_at] == 0); committed_by[redo_at] = payload[redo_at]; entries++ :: else fi);
    apply();
    STEP(commit_lock = 0)
  :: else -> break
  od
}

proctype Writer(byte me) {
  byte at, size, my_life;
  bit taken;

  atomic { if :: size = 1 :: me == 1 -> size = 2 fi }
  lock_region();
  if
  :: reserved + size > UNITS -> STEP(region_lock = 0); goto gone
  :: else
  fi;
  STEP(at = reserved; my_life = life);
#ifdef RESERVED_FIRST
  STEP(reserved = at + size);
  STEP(kind[at] = OPEN; length[at] = size; by[at] = me);
#else
  STEP(kind[at] = OPEN; length[at] = size; by[at] = me);
  STEP(reserved = at + size);
#endif
  STEP(region_lock = 0);
  /* The user stores into the place: the ground itself, with no lock. */
  atomic { MAY_DIE; assert(life == my_life && kind[at] == OPEN && by[at] == me); payload[at] = me }
  if
  :: /* publish */
    lock_region();
    STEP(assert(kind[at] == OPEN && by[at] == me); kind[at] = PUBLISHED);
    settle();
    STEP(region_lock = 0);
    do
#ifdef FORGETS_LIFE
    :: tail > at -> break
#else
    :: tail > at || life != my_life -> break
#endif
#ifdef ONLY_DEAD_OPEN
    :: tail <= at && life == my_life && kind[tail] == OPEN && dead[by[tail]] ->
#else
    /* Looks now and then whether what stands before can be settled. */
    :: tail <= at && life == my_life && (region_lock == 0 || dead[region_lock]) && !IS_OPEN(tail) ->
#endif
      lock_region();
      settle();
      STEP(region_lock = 0)
    od;
    atomic { assert(life != my_life || (kind[at] == ENTRY && committed_by[at] == me && stamp[at] != 0 && stamp[at] <= last + 1)) }
  :: /* cancel */
    lock_region();
    STEP(assert(kind[at] == OPEN && by[at] == me); kind[at] = CANCELLED);
    if
    :: at + size == reserved -> STEP(reserved = at)
    :: else -> settle()
    fi;
    STEP(region_lock = 0)
  fi;
gone: at = 0; size = 0; my_life = 0
}

#ifdef CLEARER
proctype Clearer(byte me) {
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
      for (k : 0 .. UNITS - 1) { kind[k] = NONE; by[k] = 0; committed_by[k] = 0; payload[k] = 0; stamp[k] = 0 };
      k = 0
    }
  :: else
  fi;
  STEP(region_lock = 0);
gone: skip
}
#endif

/* When nobody runs any more, everything settled is in the log, in order. */
active proctype Judge() {
  byte p, at_stamp;
  (_nr_pr == 1);
  do
  :: p < tail ->
    assert(kind[p] == ENTRY || kind[p] == FILLER);
    if
    :: kind[p] == ENTRY -> assert(committed_by[p] == payload[p] && payload[p] != 0 && stamp[p] > at_stamp); at_stamp = stamp[p]
    :: else
    fi;
    p = p + (kind[p] == FILLER && length[p] > 1 -> length[p] : 1)
  :: else -> break
  od
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

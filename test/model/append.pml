/*
 * Appends of several threads: REGION lock, COMMIT lock with its REDO record, sealing, flushing, fencing, the group's drain.
 *
 * Stands for: RegionLog of a shared stream (src/core), steps 1 to 5 of docs/decisions/0008-threads.md.
 * Abstracts: an entry is one place of a region and one line of the medium: payload (whose), timestamp, checksum. A lock is taken in
 * one step, from its free state or from a dead holder (locks.pml shows that this is what the real one does). No slots (slots.pml),
 * no structural changes (structure.pml). Memory is sequentially consistent (docs/memory-model.md says why it may be taken so).
 * A thread may die before any step. The machine may crash in any state: a line that was not flushed and then fenced by the same
 * thread may be gone. So "what was acknowledged survives" is an invariant over `durable` and needs no step of its own.
 *
 * Proves: timestamps are unique, dense, rising along a region; what `last` covers is visible; a committed entry is never stored to
 * again; nothing with a right checksum bears a timestamp that another entry bears; what was acknowledged, and everything that
 * `persisted` covers, is durable, with all that stands before it in its region; every living thread comes to its end.
 *
 * Switches of the model: THREADS, REGIONS, APPENDS (by each thread), DEATHS, READER;
 *   medium: LINES (cache lines are flushed), MAPPED (pages are synced), FILE (positioned writes: sealed before it is committed);
 *   SHORT: on LINES an append flushes and fences its own region instead of joining the group; MIXED: one or the other.
 * UNLOCK_BEFORE_TAIL and the like are mistakes that a search must find (test/model/models.ts).
 */
#ifndef THREADS
#define THREADS 2
#endif
#ifndef REGIONS
#define REGIONS 1
#endif
#ifndef APPENDS
#define APPENDS 1
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#define CAP (THREADS * APPENDS)
#define AT(r, p) ((r) * CAP + (p))
#define PLACES (REGIONS * CAP)

/* What lies on the medium, for each place of each region. */
byte payload[PLACES];  /* whose, 0: nothing */
byte stamp[PLACES];    /* timestamp, 0: none */
byte sum[PLACES];      /* checksum: right if it is SUM of the two above */
bit durable[PLACES];   /* what is there now survives a power cut */
#define SUM(i) (payload[i] * 16 + stamp[i])
#define WHOLE(i) (stamp[i] != 0 && sum[i] == SUM(i))

/* What each thread has flushed and not fenced. */
typedef Lines { bit line[PLACES] };
Lines pending[THREADS + 1];

/* The board. Thread numbers are 1 to THREADS; 0: free. */
byte region_lock[REGIONS];
byte commit_lock, drain_lock;
byte tail[REGIONS], sealed[REGIONS], flushed[REGIONS], dirty[REGIONS];
byte last, persisted;
byte redo;                     /* 0: nothing, 1: intent, 2: the commit point is passed */
byte redo_region, redo_tail, redo_stamp;
bit dead[THREADS + 1];
byte deaths;

/* What must be: set at the commit points, read by assertions only. */
byte must_payload[PLACES], must_stamp[PLACES];
byte redo_payload, given;

#define MAY_DIE if :: true :: deaths < DEATHS -> deaths++; dead[me] = 1; goto gone fi
#define STEP(action) atomic { MAY_DIE; action }

/* A store into a line: whoever has flushed it before has flushed something else. */
inline touch(i) {
  assert(must_stamp[i] == 0 || must_stamp[i] == stamp[i]);
  durable[i] = 0;
  for (k : 1 .. THREADS) { pending[k].line[i] = 0 }
  k = 0
}

/* What has a right checksum is an entry to recovery and to readers of other processes. */
inline appeared(i) {
  for (k : 0 .. PLACES - 1) { assert(k == i || !WHOLE(k) || !WHOLE(i) || stamp[k] != stamp[i]) }
  k = 0
}

/* The commit point. */
inline committed_now() {
  assert(redo_stamp == given + 1);
  given = redo_stamp;
  must_stamp[AT(redo_region, redo_tail - 1)] = redo_stamp;
  must_payload[AT(redo_region, redo_tail - 1)] = redo_payload;
}

/* All entries up to `p` of region `r` are whole and durable. */
inline assert_chain(r, p) {
  for (k : 0 .. p) { assert(must_stamp[AT(r, k)] != 0 && WHOLE(AT(r, k)) && durable[AT(r, k)] && payload[AT(r, k)] == must_payload[AT(r, k)]) }
  k = 0
}

inline lock_commit() {
  atomic {
    MAY_DIE;
    (commit_lock == 0 || dead[commit_lock]) -> taken = (commit_lock != 0); commit_lock = me
  }
#ifndef NO_REDO
  if
  :: taken && redo == 1 ->
#ifdef NO_ROLL_FORWARD
    STEP(redo = 0)
#else
    /* The entry may be on the medium already: then it is the one with this timestamp. */
    STEP(
      if
      :: WHOLE(AT(redo_region, redo_tail - 1)) && stamp[AT(redo_region, redo_tail - 1)] == redo_stamp -> committed_now(); redo = 2
      :: else -> redo = 0
      fi)
#endif
  :: else
  fi;
  if
  :: taken && redo == 2 -> apply()
  :: else
  fi
#endif
}

inline unlock_commit() { STEP(commit_lock = 0) }

inline apply() {
#ifdef LAST_FIRST
  STEP(last = redo_stamp);
#endif
  STEP(tail[redo_region] = redo_tail);
#ifndef DIRTY_LATE
  STEP(dirty[redo_region] = 1);
#endif
  STEP(last = redo_stamp);
#ifdef DIRTY_LATE
  STEP(dirty[redo_region] = 1);
#endif
  STEP(redo = 0)
}

inline lock_region(r) {
  atomic {
    MAY_DIE;
    (region_lock[r] == 0 || dead[region_lock[r]]) -> taken = (region_lock[r] != 0); region_lock[r] = me
  }
#ifndef NO_COMMIT_ON_TAKEOVER
  if
  :: taken -> lock_commit(); unlock_commit()
  :: else
  fi
#endif
}

/* Stores the checksums of [sealed, tail) and flushes the lines. */
inline seal_region(r) {
#ifdef FLUSH_FROM_SEALED
  STEP(from = sealed[r]; at = from);
#else
  STEP(at = sealed[r]; from = flushed[r]);
#endif
  do
  :: at < tail[r] -> STEP(
      if
      :: sum[AT(r, at)] != SUM(AT(r, at)) -> touch(AT(r, at)); sum[AT(r, at)] = SUM(AT(r, at)); appeared(AT(r, at))
      :: else
      fi;
      at++)
  :: else -> break
  od
}

inline flush_region(r) {
  STEP(for (k : 0 .. CAP - 1) { if :: k >= from && k < tail[r] -> pending[me].line[AT(r, k)] = !durable[AT(r, k)] :: else fi }; k = 0);
}

inline fence() {
  STEP(for (k : 0 .. PLACES - 1) { durable[k] = durable[k] || pending[me].line[k]; pending[me].line[k] = 0 }; k = 0)
}

/* The group: everything committed is made durable at once. */
inline persist_all() {
  STEP((drain_lock == 0 || dead[drain_lock]) -> drain_lock = me);
  if
  :: persisted >= mine -> skip
  :: else ->
#ifdef TARGET_LATE
    skip;
#else
    STEP(target = last);
#endif
    r2 = 0;
    do
    :: r2 < REGIONS ->
      if
      :: dirty[r2] ->
        lock_region(r2);
#ifndef FILE
        seal_region(r2);
#ifdef LINES
        flush_region(r2);
#endif
        STEP(sealed[r2] = tail[r2]);
#endif
        STEP(seen[r2] = tail[r2]; region_lock[r2] = 0)
      :: else -> seen[r2] = 0
      fi;
      r2++
    :: else -> break
    od;
    r2 = 0;
#ifdef TARGET_LATE
    STEP(target = last);
#endif
#ifndef LINES
    /* A sync takes everything that was stored before it began. */
    STEP(for (k : 0 .. PLACES - 1) { pending[me].line[k] = !durable[k] }; k = 0);
#endif
    fence();
    lock_commit();
    STEP(
      for (j : 0 .. REGIONS - 1) {
        if
#ifdef LEAVE_ALWAYS
        :: seen[j] != 0 -> dirty[j] = 0; flushed[j] = seen[j]
#else
        :: seen[j] != 0 && tail[j] == seen[j] -> dirty[j] = 0; flushed[j] = seen[j]
#endif
        :: else
        fi;
        seen[j] = 0
      }; j = 0);
    STEP(
      if :: target > persisted -> persisted = target :: else fi;
      for (j : 0 .. PLACES - 1) { assert(must_stamp[j] == 0 || must_stamp[j] > persisted || (WHOLE(j) && durable[j])) };
      j = 0; target = 0);
    unlock_commit()
  fi;
  STEP(drain_lock = 0)
}

proctype Appender(byte me) {
  byte n, r, r2, pos, at, from, mine, target, k, j;
  byte seen[REGIONS];
  bit taken;

again:
  do
  :: n < APPENDS ->
    if
    :: r = 0
#if REGIONS > 1
    :: r = 1
#endif
    fi;
    lock_region(r);
    STEP(pos = tail[r]);
    STEP(touch(AT(r, pos)); payload[AT(r, pos)] = me * APPENDS + n);
    lock_commit();
    STEP(mine = last + 1);
#ifdef FILE
    STEP(redo_region = r; redo_tail = pos + 1; redo_stamp = mine; redo_payload = payload[AT(r, pos)]; redo = 1);
    STEP(touch(AT(r, pos)); stamp[AT(r, pos)] = mine; sum[AT(r, pos)] = SUM(AT(r, pos)); appeared(AT(r, pos)));
#else
    STEP(touch(AT(r, pos)); stamp[AT(r, pos)] = mine);
    /* What the commit changes, all of it before it counts. */
    STEP(redo_region = r; redo_tail = pos + 1; redo_stamp = mine; redo_payload = payload[AT(r, pos)]);
#endif
    STEP(committed_now(); redo = 2);
#ifdef UNLOCK_BEFORE_TAIL
    STEP(last = redo_stamp; redo = 0);
    unlock_commit();
    STEP(tail[r] = pos + 1; dirty[r] = 1);
#else
    apply();
    unlock_commit();
#endif
#ifdef SHORT
    if
#ifdef MIXED
    :: STEP(region_lock[r] = 0); persist_all(); assert(persisted >= mine)
#endif
    :: skip;
    seal_region(r);
    flush_region(r);
#ifndef FENCE_OUTSIDE
    fence();
    STEP(sealed[r] = tail[r]; flushed[r] = tail[r]);
    STEP(region_lock[r] = 0);
#else
    STEP(sealed[r] = tail[r]);
    STEP(at = tail[r]; region_lock[r] = 0);
    fence();
    STEP(if :: at > flushed[r] -> flushed[r] = at :: else fi);
#endif
    fi;
#else
    STEP(region_lock[r] = 0);
    persist_all();
    assert(persisted >= mine);
#endif
    /* Acknowledged. */
    atomic { assert_chain(r, pos); pos = 0; at = 0; from = 0; mine = 0; taken = 0; n++ }
  :: else -> break
  od;
gone: skip
}

#ifdef READER
/* Merges the regions: reads how far everything is committed, then where the regions end, then entries. */
active proctype Reader() {
  byte upto, k;
  byte end[REGIONS];
#ifdef TAILS_FIRST
  atomic { for (k : 0 .. REGIONS - 1) { end[k] = tail[k] } ; k = 0 };
  upto = last;
#else
  upto = last;
  end[0] = tail[0];
#if REGIONS > 1
  end[1] = tail[1];
#endif
#endif
  atomic {
    for (k : 0 .. PLACES - 1) {
      /* What `last` covers can be seen, and is what was committed. */
      assert(must_stamp[k] == 0 || must_stamp[k] > upto || k % CAP < end[k / CAP]);
      assert(k % CAP >= end[k / CAP] || (must_stamp[k] != 0 && stamp[k] == must_stamp[k] && payload[k] == must_payload[k]));
      /* Rising along a region. */
      assert(k % CAP == 0 || must_stamp[k] == 0 || must_stamp[k - 1] != 0 && must_stamp[k - 1] < must_stamp[k])
    }
    k = 0
  }
}
#endif

init {
  atomic {
    byte i;
    for (i : 1 .. THREADS) { run Appender(i) }
    i = 0
  }
}

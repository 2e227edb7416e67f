/*
 * Transactions of several threads: the locks of all regions, the list of what is changed, `intent` that readers wait for, and on a file
 * the checksums that come right only once the transaction counts.
 *
 * Stands for: src/core/shared/shared-transaction.ts, transaction-record.ts, CommitRecord.mend; docs/decisions/0011-transactions.md.
 * Abstracts: two regions, and transactions of one entry in each. An entry is one place of a region; a lock is taken in one step, from its
 * free state or from a dead holder. Durability is left out (append.pml); so are slots. Memory is sequentially consistent.
 * A thread may die before any step.
 *
 * Proves: whoever has seen one part finds the other at his next look, in either order; `last` is never in the midst of a transaction, and
 * what it covers can be seen; timestamps are dense, and given once; on a file nothing of a transaction is valid that does not count, and no
 * two valid entries have the same timestamp; every living thread comes to its end.
 *
 * Switches of the model: THREADS, OPS (of each thread), DEATHS, FILE, ALL (every operation is a transaction).
 */
#ifndef THREADS
#define THREADS 2
#endif
#ifndef OPS
#define OPS 1
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#define CAP (THREADS * OPS)
#define AT(r, p) ((r) * CAP + (p))
#define PLACES (2 * CAP)
#define IDS (CAP + 1)

/* What lies in the regions. */
byte whose[PLACES];
byte stamp[PLACES];
bit valid[PLACES];

/* The board. Thread numbers are 1 to THREADS; the reader has none that dies. */
byte region_lock[2], commit_lock;
byte tail[2], last;
byte intent;              /* 0: nothing, 1: an entry is being written, 2: a transaction is carried out */
byte redo;                /* the same, from when on it counts */
byte one_region, one_tail, one_stamp;
byte list_tail[2], list_stamp;
bit dead[THREADS + 2];
byte deaths;

/* What must be: read by assertions only. */
byte must[PLACES];
bit together[IDS], counted[IDS];
byte given;

#define READER (THREADS + 1)
#define MAY_DIE if :: true :: me != READER && deaths < DEATHS -> deaths++; dead[me] = 1; goto gone fi
#define STEP(action) atomic { MAY_DIE; action }

inline appeared(i) {
  assert(!together[whose[i]] || counted[whose[i]]);
  for (k : 0 .. PLACES - 1) { assert(k == i || !valid[k] || !valid[i] || stamp[k] != stamp[i]) }
  k = 0
}

inline one_counts() {
  assert(one_stamp == given + 1);
  given = one_stamp;
  counted[whose[AT(one_region, one_tail - 1)]] = 1;
  must[AT(one_region, one_tail - 1)] = one_stamp
}

inline both_count() {
  assert(list_stamp == given + 2);
  given = list_stamp;
  counted[whose[AT(0, list_tail[0] - 1)]] = 1;
  assert(whose[AT(0, list_tail[0] - 1)] == whose[AT(1, list_tail[1] - 1)]);
  must[AT(0, list_tail[0] - 1)] = list_stamp - 1;
  must[AT(1, list_tail[1] - 1)] = list_stamp
}

inline apply_one() {
  STEP(tail[one_region] = one_tail);
  STEP(last = one_stamp);
  STEP(redo = 0; intent = 0)
}

inline apply_both() {
#ifdef FILE
  STEP(if :: tail[0] != list_tail[0] -> valid[AT(0, list_tail[0] - 1)] = 1; appeared(AT(0, list_tail[0] - 1)) :: else fi);
  STEP(if :: tail[1] != list_tail[1] -> valid[AT(1, list_tail[1] - 1)] = 1; appeared(AT(1, list_tail[1] - 1)) :: else fi);
#endif
#ifdef LAST_FIRST
  STEP(last = list_stamp);
#endif
  STEP(tail[0] = list_tail[0]);
#ifdef INTENT_EARLY
  STEP(intent = 0);
#endif
#ifdef INTENT_LATE
  STEP(intent = 2);
#endif
#ifdef LAST_BETWEEN
  STEP(last = list_stamp - 1);
#endif
  STEP(tail[1] = list_tail[1]);
  STEP(last = list_stamp);
  STEP(redo = 0);
  STEP(intent = 0)
}

inline lock_commit() {
  atomic {
    MAY_DIE;
    (commit_lock == 0 || dead[commit_lock]) -> taken = (commit_lock != 0); commit_lock = me
  }
  if
  :: taken && redo == 2 ->
#ifdef INTENT_FIRST
    STEP(intent = 0);
#endif
#ifdef NO_REDO
    STEP(redo = 0; intent = 0)
#else
    apply_both()
#endif
  :: taken && redo == 1 -> apply_one()
  :: taken && redo == 0 && intent == 1 ->
    STEP(
      if
      :: valid[AT(one_region, one_tail - 1)] && stamp[AT(one_region, one_tail - 1)] == one_stamp -> one_counts(); redo = 1
      :: else -> intent = 0
      fi);
    if :: redo == 1 -> apply_one() :: else fi
  :: taken && redo == 0 && intent == 2 -> STEP(intent = 0)
  :: else
  fi
}

inline unlock_commit() { STEP(commit_lock = 0) }

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

/* A payload behind a tail: what stood there is no entry any more. */
inline put(r) {
  STEP(valid[AT(r, tail[r])] = 0; stamp[AT(r, tail[r])] = 0; whose[AT(r, tail[r])] = id)
}

inline append_one(r) {
  lock_region(r);
  put(r);
  lock_commit();
  STEP(mine = last + 1);
  STEP(one_region = r; one_tail = tail[r] + 1; one_stamp = mine);
#ifdef FILE
  STEP(intent = 1);
  STEP(stamp[AT(r, tail[r])] = mine; valid[AT(r, tail[r])] = 1; appeared(AT(r, tail[r])));
#else
  STEP(stamp[AT(r, tail[r])] = mine);
#endif
  STEP(one_counts(); redo = 1);
  apply_one();
  unlock_commit();
  STEP(region_lock[r] = 0)
}

inline append_both() {
  together[id] = 1;
#ifdef ANY_ORDER
  if
  :: lock_region(0); lock_region(1)
  :: lock_region(1); lock_region(0)
  fi;
#else
  lock_region(0);
  lock_region(1);
#endif
  put(0);
  put(1);
  lock_commit();
  STEP(mine = last + 2);
  STEP(stamp[AT(0, tail[0])] = mine - 1);
  STEP(stamp[AT(1, tail[1])] = mine);
#ifdef VALID_BEFORE
  STEP(valid[AT(0, tail[0])] = 1; appeared(AT(0, tail[0])));
  STEP(valid[AT(1, tail[1])] = 1; appeared(AT(1, tail[1])));
#endif
#ifdef LIST_LATE
  STEP(list_tail[0] = tail[0] + 1; list_tail[1] = 0; list_stamp = mine);
#else
  STEP(list_tail[0] = tail[0] + 1);
  STEP(list_tail[1] = tail[1] + 1; list_stamp = mine);
#endif
#ifndef INTENT_LATE
  STEP(intent = 2);
#endif
#ifdef LIST_LATE
  STEP(redo = 2);
  STEP(list_tail[1] = tail[1] + 1; both_count());
#else
  STEP(both_count(); redo = 2);
#endif
  apply_both();
  unlock_commit();
  STEP(region_lock[0] = 0);
  STEP(region_lock[1] = 0)
}

proctype Writer(byte me) {
  byte n, id, mine, k;
  bit taken;

  do
  :: n < OPS ->
    id = (me - 1) * OPS + n + 1;
    if
    :: append_both()
#ifndef ALL
    :: append_one(0)
    :: append_one(1)
#endif
    fi;
    /* Acknowledged. */
    atomic {
      assert(counted[id] && last >= mine);
      for (k : 0 .. PLACES - 1) { assert(must[k] == 0 || must[k] > last || k % CAP < tail[k / CAP]) }
      k = 0; mine = 0; taken = 0; n++
    }
  :: else -> break
  od;
gone: skip
}

/* Looks at one region after the other: as soon as `intent` is not set. */
inline look(r) {
  if
  :: intent != 0 -> lock_commit(); unlock_commit()
  :: else
  fi;
  seen[r] = tail[r]
}

proctype Looker(byte me) {
  byte upto, first, k, j;
  byte seen[2];
  bit taken, found;

  upto = last;
  if :: first = 0 :: first = 1 fi;
  look(first);
  look(1 - first);
  atomic {
    for (k : 0 .. CAP - 1) {
      /* Of what was seen first the rest is there. */
      if
      :: k < seen[first] && together[whose[AT(first, k)]] ->
        found = 0;
        for (j : 0 .. CAP - 1) { found = found || (j < seen[1 - first] && whose[AT(1 - first, j)] == whose[AT(first, k)]) };
        assert(found)
      :: else
      fi
    }
    for (k : 0 .. PLACES - 1) {
      assert(must[k] == 0 || must[k] > upto || k % CAP < seen[k / CAP]);
      assert(k % CAP >= seen[k / CAP] || (must[k] != 0 && stamp[k] == must[k]));
      /* What `last` covers, it covers as a whole. */
      if
      :: must[k] != 0 && must[k] <= upto && together[whose[k]] ->
        for (j : 0 .. PLACES - 1) { assert(must[j] == 0 || whose[j] != whose[k] || must[j] <= upto) }
      :: else
      fi
    }
  }
gone: skip
}

init {
  atomic {
    byte i;
    run Looker(READER);
    for (i : 1 .. THREADS) { run Writer(i) }
    i = 0
  }
}

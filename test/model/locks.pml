/*
 * The lock word of the board: compareExchange, a bit for "somebody sleeps", Atomics.wait, Atomics.notify, takeover from the dead.
 *
 * Stands for: SharedLock (src/core/shared/lock.ts), used as REGION, COMMIT, STRUCTURE and DRAIN.
 * Abstracts: the short spin is one more try or none. The word is its two parts, changed in one step as one word is. A notify wakes all
 * sleepers. A thread may die before any step; a sleeper that dies leaves the queue, as the kernel sees to it. A timeout may come at any
 * time with ANY_TIMEOUT; without it only where somebody who died had to hand on: so nothing else needs one.
 *
 * Proves: mutual exclusion among the living; a dead holder's lock goes to exactly one; no wake-up is lost (every living thread
 * comes to its end; with DEATHS=0 no timeout ever comes).
 *
 * Switches: THREADS, ROUNDS (how often each takes the lock), DEATHS, ANY_TIMEOUT.
 */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif

byte owner;                 /* the word: thread number, 0: free … */
bit sleepers;               /* … and its bit */
bit asleep[THREADS + 1], woken[THREADS + 1];
bit dead[THREADS + 1];
byte deaths;
bit handing;                /* somebody died who had been woken, or had still to wake */

byte inside;                /* living threads that hold the lock */
byte takeovers;

#define MAY_DIE(duty) if :: true :: deaths < DEATHS -> deaths++; dead[me] = 1; handing = handing || duty; inside = inside - mine; mine = 0; goto gone fi
#define STEP(duty, action) atomic { MAY_DIE(duty); action }

inline enter() { inside++; assert(inside == 1); mine = 1 }

inline lock() {
  mine = 0;
  slept = 0;
  /* Once at once, perhaps once more. */
  STEP(0, if :: owner == 0 && !sleepers -> owner = me; enter() :: else fi);
  do
  :: mine -> break
  :: else ->
    STEP(slept, seen = owner; seen_bit = sleepers);
    if
    :: seen == 0 ->
      /* All were woken: those who do not get it say anew that they sleep. */
      STEP(slept,
        if
        :: owner == 0 && sleepers == seen_bit ->
          owner = me;
          sleepers = seen_bit;
          enter()
        :: else
        fi)
    :: else ->
#ifndef NO_BIT
      STEP(slept, if :: owner == seen && sleepers == seen_bit -> sleepers = 1; seen_bit = 1 :: else -> seen = 0 fi);
#endif
      if
      :: seen == 0 -> skip
      :: else ->
        /* Atomics.wait: looks and falls asleep in one. */
        STEP(slept, if :: owner == seen && sleepers == seen_bit -> asleep[me] = 1 :: else fi);
        atomic {
          if
          :: woken[me] -> woken[me] = 0; slept = 1
          :: !asleep[me] && !woken[me] -> skip
          :: asleep[me] && deaths < DEATHS -> deaths++; dead[me] = 1; asleep[me] = 0; goto gone
#ifdef ANY_TIMEOUT
          :: asleep[me] -> asleep[me] = 0; slept = 1
#endif
#if !defined(ANY_TIMEOUT) && !defined(NO_TIMEOUT)
          :: asleep[me] && (dead[owner] || handing) -> asleep[me] = 0; slept = 1
#endif
          fi
        }
        if
        :: dead[seen] ->
          STEP(slept,
            if
#ifdef TAKE_BY_STORE
            :: true ->
#else
            :: owner == seen && sleepers == seen_bit ->
#endif
              owner = me;
#ifdef TAKE_WITHOUT_BIT
              sleepers = 0;
#endif
              takeovers++;
              assert(takeovers <= deaths);
              enter()
            :: else
            fi)
        :: else
        fi
      fi
    fi
  od;
  seen = 0;
  seen_bit = 0;
  slept = 0
}

inline unlock() {
  STEP(0, inside--; mine = 0; seen_bit = sleepers; owner = 0; sleepers = 0);
#ifndef NO_NOTIFY
  STEP(seen_bit,
#ifdef NOTIFY_ONE
    if
    :: seen_bit && asleep[1] -> asleep[1] = 0; woken[1] = 1
    :: seen_bit && asleep[2] -> asleep[2] = 0; woken[2] = 1
#if THREADS > 2
    :: seen_bit && asleep[3] -> asleep[3] = 0; woken[3] = 1
#endif
    :: else
    fi);
#else
    for (k : 1 .. THREADS) { if :: seen_bit && asleep[k] -> asleep[k] = 0; woken[k] = 1 :: else fi };
    k = 0);
#endif
#endif
  seen_bit = 0
}

proctype Thread(byte me) {
  byte n, seen, k;
  bit seen_bit, slept, mine;

  do
  :: n < ROUNDS -> lock(); STEP(0, skip); unlock(); n++
  :: else -> break
  od;
  goto over;
gone:
  atomic {
    if :: woken[me] -> handing = 1; woken[me] = 0 :: else fi;
    seen = 0; seen_bit = 0; slept = 0; n = 0;
#ifdef REUSE_NUMBER
    /* A new thread gets the number. */
    dead[me] = 0
#endif
  }
over: skip
}

init {
  atomic {
    byte i;
    for (i : 1 .. THREADS) { run Thread(i) }
  }
}

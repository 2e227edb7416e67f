/** A model, the ways in which it is searched, and the mistakes that a search must find. Switches are Promela's -D. */
export interface Model {
  /** File name without `.pml`. */
  readonly name: string;
  /** What it is about, for people. */
  readonly about: string;
  /** Searched in every test run: no error, all states. */
  readonly small: readonly string[];
  /** Searched in the soak. */
  readonly large: readonly string[];
  /** Each of them has an error. */
  readonly mistakes: readonly string[];
}

export const MODELS: readonly Model[] = [
  {
    name: 'append',
    about: 'appends, commits, seals, flushes, fences, the group',
    small: [
      'LINES SHORT MIXED READER',
      'LINES SHORT REGIONS=2 READER',
      'MAPPED REGIONS=2',
      'MAPPED READER',
      'FILE REGIONS=2',
    ],
    large: [
      'LINES SHORT MIXED REGIONS=2 READER DEATHS=2',
      'LINES REGIONS=2 READER',
      'LINES SHORT THREADS=3 DEATHS=2 READER',
      'MAPPED REGIONS=2 READER',
      'MAPPED THREADS=3 READER',
      'FILE THREADS=3 READER',
      'MAPPED APPENDS=2 REGIONS=2 READER',
      'FILE APPENDS=2 READER',
    ],
    mistakes: [
      'LINES SHORT FENCE_OUTSIDE FLUSH_FROM_SEALED',
      'LINES SHORT MIXED FLUSH_FROM_SEALED',
      'MAPPED NO_REDO',
      'MAPPED READER NO_COMMIT_ON_TAKEOVER',
      'MAPPED READER LAST_FIRST',
      'MAPPED READER UNLOCK_BEFORE_TAIL',
      'MAPPED REGIONS=2 READER TAILS_FIRST',
      'MAPPED REGIONS=2 DIRTY_LATE',
      'MAPPED REGIONS=2 TARGET_LATE',
      'MAPPED REGIONS=2 LEAVE_ALWAYS',
      'FILE REGIONS=2 NO_ROLL_FORWARD',
    ],
  },
  {
    name: 'structure',
    about: 'clear, free, reuse, checkpoints, beside appends and reads',
    small: [
      'READER',
      'REUSE CHANGERS=1 APPENDERS=2',
      'CHECKPOINT CHANGERS=1 APPENDERS=2 GROUP',
      'DRAINER GROUP',
    ],
    large: [
      'READER REUSE',
      'READER REUSE CHANGERS=1 APPENDERS=2',
      'CHECKPOINT APPENDERS=2 GROUP',
      'READER REUSE APPENDERS=2',
      'DRAINER GROUP CHECKPOINT',
      'READER CHECKPOINT APPENDERS=2 DEATHS=2',
    ],
    mistakes: [
      'NO_REPAIR',
      'REPAIR_WITHOUT_DRAIN',
      'CHANGING_FIRST',
      'COUNTER_IF_NEWS',
      'CHANGING_WITHOUT_LOCK',
      'NO_FIRST_DRAIN',
      'REUSE CHANGERS=1 APPENDERS=2 REFRESH_LOOSE',
      'WAIT_FOR_CHANGER',
      'NO_COUNTER',
      'READER LIFE_BEFORE_BYTES',
      'CHECKPOINT APPENDERS=2 GROUP LOOSE_SNAPSHOT',
      'CHECKPOINT APPENDERS=2 GROUP MARK_BEFORE_DRAIN',
      'DRAINER GROUP DRAIN_WITHOUT_LIFE',
      'DRAINER GROUP FINISH_UNLOCKED',
    ],
  },
  {
    name: 'locks',
    about: 'the lock word, sleeping, takeover',
    small: ['DEATHS=0', 'DEATHS=1'],
    large: ['DEATHS=2', 'DEATHS=2 ANY_TIMEOUT', 'DEATHS=2 ROUNDS=3'],
    mistakes: [
      'DEATHS=0 NOTIFY_ONE',
      'DEATHS=0 NO_BIT',
      'DEATHS=0 NO_NOTIFY',
      'TAKE_BY_STORE',
      'TAKE_WITHOUT_BIT',
      'NO_TIMEOUT',
      'REUSE_NUMBER',
    ],
  },
  {
    name: 'slots',
    about: 'places, their settling, dead owners, a clear',
    small: ['THREADS=2', 'THREADS=2 CLEARER', 'DEATHS=0'],
    large: ['', 'DEATHS=2', 'CLEARER'],
    mistakes: [
      'THREADS=2 WHOLE_HEADER',
      'THREADS=2 RESERVED_FIRST',
      'DEATHS=2 OPEN_STAYS',
      'THREADS=2 NO_CUT',
      'THREADS=2 DEAD_BLOCKS',
      'THREADS=2 ONLY_DEAD_OPEN',
      'THREADS=2 CLEARER CLEAR_ANYWAY',
      'THREADS=2 CLEARER FORGETS_LIFE',
    ],
  },
  {
    name: 'group',
    about: 'the drain of a group, failing syncs, dead, stalled and late threads',
    small: ['DEATHS=0', 'THREADS=2', 'THREADS=2 LATE'],
    large: ['', 'DEATHS=0 LATE', 'LATE', 'STALLS=1', 'DEATHS=2 LATE', 'SHARED_DESCRIPTION NO_COURTESY'],
    mistakes: [
      'DEATHS=0 SHARED_DESCRIPTION',
      'SHARED_DESCRIPTION NO_COURTESY TAKEOVER_TRUSTS',
      'SHARED_DESCRIPTION NO_COURTESY POISON_LATE',
      'THREADS=2 LATE ATTACH_TRUSTS',
      'STALLS=1 NO_COURTESY',
    ],
  },
  {
    name: 'together',
    about:
      'transactions: several locks, the list of what is changed, readers that wait, checksums that come late',
    small: ['ALL DEATHS=2', 'FILE'],
    large: ['DEATHS=2', 'FILE DEATHS=2', 'ALL OPS=2', 'ALL FILE THREADS=3'],
    mistakes: [
      'ALL LAST_FIRST',
      'ALL INTENT_EARLY',
      'ALL INTENT_LATE',
      'ALL INTENT_FIRST',
      'ALL LAST_BETWEEN',
      'ALL LIST_LATE',
      'ALL ANY_ORDER',
      'NO_REDO',
      'NO_COMMIT_ON_TAKEOVER',
      'FILE VALID_BEFORE',
    ],
  },
  {
    name: 'live',
    about: 'the live file: rings, waits, writers that come and go',
    small: ['', 'PMEM'],
    large: ['READERS=2', 'READERS=2 PMEM'],
    mistakes: [
      'WAKE_FIRST',
      'COMMITTED_EARLY',
      'PERSISTED_EARLY',
      'RING_FIRST',
      'NO_RING_AT_OPENING',
      'LEAVE_AT_ONCE',
      'NO_SECOND_LOOK',
      'SEEN_LATE',
      'PMEM NO_LOOKS',
    ],
  },
];

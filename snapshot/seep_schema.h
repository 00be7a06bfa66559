// The schema of .seep files, version 1. Public: docs/seep_file.md explains it with examples. The
// text below is stored in every file as it is, and a reader accepts nothing else.
#pragma once

#include <cstdint>

namespace seep::schema {

inline constexpr uint32_t kApplicationId = 0x53656570;  // "Seep", at byte 68 of the file
inline constexpr uint32_t kVersion = 1;                 // user_version, at byte 60

// Row 0 of module, class, label, stack and function means "none" or "not known", as in the
// recording: so a plain JOIN never loses a row.
inline constexpr char kDictionaries[] = R"sql(
CREATE TABLE process (        -- identity: never the pid alone
  id INTEGER PRIMARY KEY,     -- 0, 1, …
  boot_id TEXT NOT NULL,
  pid_namespace INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  start_real_ns INTEGER NOT NULL   -- CLOCK_REALTIME; all other times count from here
) STRICT;

CREATE TABLE module (         -- a file that holds code; row 0: none
  id INTEGER PRIMARY KEY,
  build_id BLOB NOT NULL,     -- empty: it has none
  path TEXT NOT NULL,
  size INTEGER NOT NULL,      -- bytes of address space
  copy INTEGER NOT NULL       -- 1, 2, …: loaded again within one snapshot
) STRICT;

CREATE TABLE class (          -- row 0: not known. Bases have smaller ids than what derives from them
  id INTEGER PRIMARY KEY,
  fingerprint INTEGER NOT NULL,
  fingerprint_version INTEGER NOT NULL,
  mangled TEXT NOT NULL,      -- as RTTI holds it, or as it is to be read; empty: not known
  vtable_module INTEGER NOT NULL REFERENCES module,
  vtable_offset INTEGER NOT NULL,  -- ELF virtual address
  evidence INTEGER NOT NULL,  -- 0: RTTI, 1: _ZTV symbol, 2: a vtable without a name, 3: type of the pointers
                              -- to it, 4: no class, but who holds such blocks
  copy INTEGER NOT NULL
) STRICT;

CREATE TABLE class_base (     -- direct bases
  class INTEGER NOT NULL REFERENCES class,
  ordinal INTEGER NOT NULL,
  base INTEGER NOT NULL REFERENCES class,
  base_offset INTEGER NOT NULL,    -- bytes, in the derived object
  is_virtual INTEGER NOT NULL,
  PRIMARY KEY (class, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE label (          -- row 0: none. Outer scopes have smaller ids than inner ones
  id INTEGER PRIMARY KEY,
  parent INTEGER NOT NULL REFERENCES label,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  copy INTEGER NOT NULL
) STRICT;

CREATE TABLE stack (          -- a frame and its callers; row 0: none
  id INTEGER PRIMARY KEY,
  fingerprint INTEGER NOT NULL,
  fingerprint_version INTEGER NOT NULL,
  caller INTEGER NOT NULL REFERENCES stack,  -- smaller than id; 0: outermost
  module INTEGER NOT NULL REFERENCES module,
  code_offset INTEGER NOT NULL,    -- return address, as an ELF virtual address
  ending INTEGER NOT NULL     -- 0: complete, 1: truncated, 2: foreign, 3: shortened, 4: not known
) STRICT;
)sql";

inline constexpr char kSnapshots[] = R"sql(
CREATE TABLE snapshot (
  id INTEGER PRIMARY KEY,     -- 0, 1, … in the order of writing
  process INTEGER NOT NULL REFERENCES process,
  parent_pid INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  executable TEXT NOT NULL,
  build_id BLOB NOT NULL,
  host TEXT NOT NULL,
  captured_by TEXT NOT NULL,
  alive INTEGER NOT NULL,
  captured_at_ns INTEGER NOT NULL,
  sample_interval INTEGER NOT NULL,   -- bytes
  initial_interval INTEGER NOT NULL,  -- bytes
  bytes_allocated REAL NOT NULL,
  rss INTEGER,                -- bytes; NULL: not known
  swap INTEGER,
  memory_limit INTEGER,
  pause_ms REAL               -- how long its threads were stopped for it; NULL: not at all
) STRICT;

CREATE TABLE snapshot_module (     -- one load of a module
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  module INTEGER NOT NULL REFERENCES module,
  load_bias INTEGER NOT NULL, -- runtime address - ELF virtual address
  range_begin INTEGER NOT NULL,
  range_end INTEGER NOT NULL,
  replaced INTEGER NOT NULL,  -- 1: another module was seen at its place later
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshot_class (
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  class INTEGER NOT NULL REFERENCES class,
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshot_label (
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  label INTEGER NOT NULL REFERENCES label,
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE block (          -- was live; stands for count/probability blocks
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  address INTEGER NOT NULL,
  size INTEGER NOT NULL,      -- bytes of each
  count INTEGER NOT NULL,     -- blocks alike, of which address is one; a sample is alone
  objects INTEGER NOT NULL,   -- in each: more than one in an array
  probability REAL NOT NULL,
  class INTEGER NOT NULL REFERENCES class,
  class_offset INTEGER NOT NULL,   -- bytes from the block's start to the object
  stack INTEGER NOT NULL REFERENCES stack,
  label INTEGER NOT NULL REFERENCES label,
  content INTEGER NOT NULL,   -- 0: not examined, 1: not in memory, 2: zeros, 3: text, 4: pointers, 5: other
  birth_ns INTEGER,           -- NULL: not known
  thread INTEGER NOT NULL,
  serial INTEGER NOT NULL,    -- (address, serial) is the block's identity in its process
  split INTEGER NOT NULL,     -- not 0: stack, label, birth and thread are a share of what was counted
                              -- together: of all blocks of this snapshot with the same split
  samples INTEGER NOT NULL,   -- that the share rests on
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE address_sketch ( -- which blocks were counted alike: a random part, the same in every count
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  class INTEGER NOT NULL REFERENCES class,
  class_offset INTEGER NOT NULL,
  content INTEGER NOT NULL,
  objects INTEGER NOT NULL,
  size INTEGER NOT NULL,      -- these five are of block
  bound INTEGER NOT NULL,     -- all addresses are here whose hash is at most this (unsigned)
  addresses BLOB NOT NULL,    -- 8 bytes each, little endian, rising
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE turnover (       -- samples ever made and seen to die at a stack
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  stack INTEGER NOT NULL REFERENCES stack,
  born_objects REAL NOT NULL, born_objects_variance REAL NOT NULL,
  born_objects_squares REAL NOT NULL, born_objects_samples INTEGER NOT NULL,
  born_bytes REAL NOT NULL, born_bytes_variance REAL NOT NULL,
  born_bytes_squares REAL NOT NULL, born_bytes_samples INTEGER NOT NULL,
  died_objects REAL NOT NULL, died_objects_variance REAL NOT NULL,
  died_objects_squares REAL NOT NULL, died_objects_samples INTEGER NOT NULL,
  died_bytes REAL NOT NULL, died_bytes_variance REAL NOT NULL,
  died_bytes_squares REAL NOT NULL, died_bytes_samples INTEGER NOT NULL,
  -- deaths at 32 s or older that table deaths lacks
  unplaced_objects REAL NOT NULL, unplaced_objects_variance REAL NOT NULL,
  unplaced_objects_squares REAL NOT NULL, unplaced_objects_samples INTEGER NOT NULL,
  unplaced_bytes REAL NOT NULL, unplaced_bytes_variance REAL NOT NULL,
  unplaced_bytes_squares REAL NOT NULL, unplaced_bytes_samples INTEGER NOT NULL,
  last_unplaced_ns INTEGER NOT NULL,
  first_birth_ns INTEGER NOT NULL,
  largest_size INTEGER NOT NULL,   -- bytes; a block that is reallocated ever larger
  largest_at_ns INTEGER NOT NULL,
  maxima_run INTEGER NOT NULL,
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE deaths (         -- by age, or by the cohorts of birth and death
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  stack INTEGER NOT NULL REFERENCES stack,
  class INTEGER NOT NULL REFERENCES class,
  birth_cohort INTEGER NOT NULL,
  death_cohort INTEGER NOT NULL,   -- 0: this row is by age
  age INTEGER NOT NULL,
  objects REAL NOT NULL, objects_variance REAL NOT NULL,
  objects_squares REAL NOT NULL, objects_samples INTEGER NOT NULL,
  bytes REAL NOT NULL, bytes_variance REAL NOT NULL,
  bytes_squares REAL NOT NULL, bytes_samples INTEGER NOT NULL,
  age_seconds REAL NOT NULL,  -- sum of age/probability
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE moment (         -- the past of the whole process
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  rss INTEGER, memory_usage INTEGER, memory_limit INTEGER,
  live_objects REAL, live_bytes REAL,
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE moment_stack (   -- the largest stacks of a moment
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  moment INTEGER NOT NULL,    -- its ordinal
  stack INTEGER NOT NULL REFERENCES stack,
  objects REAL NOT NULL,
  bytes REAL NOT NULL,
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounting (     -- where the memory is, in bytes
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  name TEXT NOT NULL,
  reserved REAL,
  resident REAL,
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE allocator (      -- whose heap was walked
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  kind TEXT NOT NULL,
  description TEXT NOT NULL,
  module INTEGER NOT NULL REFERENCES module,
  live_blocks INTEGER NOT NULL,
  live_bytes INTEGER NOT NULL,
  discrepancy INTEGER NOT NULL,    -- blocks by which two ways of counting differ
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE allocator_free ( -- what it keeps for later
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  allocator INTEGER NOT NULL, -- its ordinal
  place TEXT NOT NULL,
  blocks INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE embedded (       -- objects inside of live blocks, beside those that table block counts
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  class INTEGER NOT NULL REFERENCES class,
  objects INTEGER NOT NULL,   -- 0 is counted, too; a snapshot without rows: not looked for
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE heap_growth (    -- where an allocator took memory from the system; not who holds it
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  stack INTEGER NOT NULL REFERENCES stack,
  times INTEGER NOT NULL,
  bytes INTEGER NOT NULL,     -- in all
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE dropped (        -- what was not found, torn, lost or guessed
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  what TEXT NOT NULL,
  count INTEGER NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE notice (
  snapshot INTEGER NOT NULL REFERENCES snapshot,
  ordinal INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (snapshot, ordinal)
) STRICT, WITHOUT ROWID;
)sql";

// May be written and replaced at any time after the snapshots.
inline constexpr char kNames[] = R"sql(
CREATE TABLE class_name (
  class INTEGER PRIMARY KEY REFERENCES class,
  name TEXT NOT NULL          -- demangled
) STRICT;

CREATE TABLE function (       -- row 0: not known
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,         -- demangled; empty: not known
  file TEXT NOT NULL          -- empty: not known
) STRICT;

CREATE TABLE code (           -- a position that somebody has looked up
  module INTEGER NOT NULL REFERENCES module,
  code_offset INTEGER NOT NULL,
  missing TEXT NOT NULL,      -- why there is no name; empty: there is
  PRIMARY KEY (module, code_offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE code_frame (     -- its inline chain
  module INTEGER NOT NULL REFERENCES module,
  code_offset INTEGER NOT NULL,
  depth INTEGER NOT NULL,     -- 0: innermost
  function INTEGER NOT NULL REFERENCES function,
  line INTEGER NOT NULL,      -- 0: not known
  inlined INTEGER NOT NULL,   -- into the next depth
  PRIMARY KEY (module, code_offset, depth)
) STRICT, WITHOUT ROWID;
)sql";

inline constexpr char kViews[] = R"sql(
CREATE VIEW live_by_class AS
SELECT b.snapshot, c.fingerprint,
  coalesce(nullif(n.name, ''), nullif(c.mangled, ''), '(unknown)') AS name,
  sum(b.count) AS samples,
  sum(1.0 * b.count * b.objects / b.probability) AS objects,
  sum(1.0 * b.count * b.objects * b.objects * (1 - b.probability) / (b.probability * b.probability))
    AS objects_variance,
  sum(1.0 * b.count * b.size / b.probability) AS bytes,
  sum(1.0 * b.count * b.size * b.size * (1 - b.probability) / (b.probability * b.probability))
    AS bytes_variance,
  min(b.birth_ns) AS oldest_birth_ns
FROM block b JOIN class c ON c.id = b.class LEFT JOIN class_name n ON n.class = b.class
GROUP BY b.snapshot, c.fingerprint;

CREATE VIEW live_by_site AS
WITH whole AS (               -- a share is uncertain: k of n samples have this stack
  SELECT snapshot, split, sum(1.0 * count) AS count, sum(1.0 * samples) AS samples
  FROM block WHERE split <> 0 GROUP BY snapshot, split
), part AS (
  SELECT snapshot, split, stack, sum(1.0 * count) AS count, max(1.0 * objects) AS objects,
    max(1.0 * size) AS size
  FROM block WHERE split <> 0 GROUP BY snapshot, split, stack
), share AS (
  SELECT p.snapshot, p.stack,
    sum((w.count + w.samples) / w.samples * p.count * (1 - p.count / w.count)
        * p.objects * p.objects) AS objects_variance,
    sum((w.count + w.samples) / w.samples * p.count * (1 - p.count / w.count)
        * p.size * p.size) AS bytes_variance
  FROM part p JOIN whole w ON w.snapshot = p.snapshot AND w.split = p.split
  GROUP BY p.snapshot, p.stack
)
SELECT b.snapshot, s.fingerprint, b.stack,
  coalesce(nullif(f.name, ''), '(unknown)') AS function, f.file, c.line,
  m.path AS module, s.code_offset,
  sum(iif(b.split = 0, b.count, 0)) AS samples,
  sum(1.0 * b.count * b.objects / b.probability) AS objects,
  sum(1.0 * b.count * b.objects * b.objects * (1 - b.probability) / (b.probability * b.probability))
    + coalesce(v.objects_variance, 0) AS objects_variance,
  sum(1.0 * b.count * b.size / b.probability) AS bytes,
  sum(1.0 * b.count * b.size * b.size * (1 - b.probability) / (b.probability * b.probability))
    + coalesce(v.bytes_variance, 0) AS bytes_variance,
  min(b.birth_ns) AS oldest_birth_ns
FROM block b JOIN stack s ON s.id = b.stack JOIN module m ON m.id = s.module
LEFT JOIN share v ON v.snapshot = b.snapshot AND v.stack = b.stack
LEFT JOIN code_frame c ON c.module = s.module AND c.code_offset = s.code_offset AND c.depth = 0
LEFT JOIN function f ON f.id = c.function
GROUP BY b.snapshot, b.stack;
)sql";

inline constexpr char kFirstRows[] = R"sql(
INSERT INTO module VALUES (0, x'', '', 0, 0);
INSERT INTO class VALUES (0, 0, 1, '', 0, 0, 2, 0);
INSERT INTO label VALUES (0, 0, '', '', 0);
INSERT INTO stack VALUES (0, 0, 1, 0, 0, 0, 4);
INSERT INTO function VALUES (0, '', '');
)sql";

}  // namespace seep::schema

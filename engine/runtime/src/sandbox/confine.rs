//! What a sandbox process gives up before it reads the first request.
//!
//! | what | how |
//! |---|---|
//! | memory | `RLIMIT_AS`; a script is stopped earlier, by what the process holds |
//! | processes and threads | `RLIMIT_NPROC` 0, and no system call for it |
//! | files, network, everything else outside | `RLIMIT_NOFILE`, `RLIMIT_FSIZE` 0, the folder `/`, and on Linux a seccomp filter that leaves memory, its three pipes and the end |
//! | what its parent had open and did not mean to share | the same filter: it reads and writes by the numbers of its own pipes only |
//! | being looked into | not dumpable, no core files |
//! | rights by exec | `no_new_privs` |
//!
//! The parent hands over no environment and only three pipes. Why no parent-death signal? It is bound to
//! the *thread* that started the child, and a runtime ends its threads as it likes; so a child watches
//! for its parent instead.

use std::io;

use super::worker::STACK_BYTES;

/// Address space of a sandbox process, in bytes: its stack, its code, and what a script may hold.
const ADDRESS_SPACE_BYTES: u64 = 512 << 20;
/// Open files: three pipes and what is needed to look at its own memory.
const FILES_MAX: u64 = 8;

/// The files that a sandbox process goes on using, by number.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnFiles {
    /// Where requests come from.
    pub(super) input: i32,
    /// Where replies go.
    pub(super) output: i32,
    /// Where it reads how much memory it holds.
    pub(super) memory: i32,
}

/// How much of the confinement holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Confinement {
    /// All that this platform knows.
    Full,
    /// The kernel refused the system call filter; the limits hold.
    LimitsOnly,
}

impl Confinement {
    /// As a number on the wire.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Full => 0,
            Self::LimitsOnly => 1,
        }
    }
}

/// Gives up what the whole process can give up before it starts its one thread.
#[cfg(unix)]
pub(super) fn process() -> io::Result<()> {
    use rustix::process::{Resource, chdir};
    const { assert!(ADDRESS_SPACE_BYTES > 2 * STACK_BYTES as u64) };
    chdir("/")?;
    limit(Resource::Core, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nofile, FILES_MAX)?;
    limit(Resource::As, ADDRESS_SPACE_BYTES)?;
    linux::process()
}

/// Gives up the rest; called by the thread that evaluates, when all threads are there.
#[cfg(unix)]
pub(super) fn thread(files: OwnFiles) -> io::Result<Confinement> {
    limit(rustix::process::Resource::Nproc, 0)?;
    Ok(linux::thread(files))
}

#[cfg(unix)]
fn limit(resource: rustix::process::Resource, most: u64) -> io::Result<()> {
    let limit = rustix::process::Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    Ok(rustix::process::setrlimit(resource, limit)?)
}

/// Nothing to give up on a platform that has no such limits.
#[cfg(not(unix))]
pub(super) fn process() -> io::Result<()> {
    Ok(())
}

/// As [`process`].
#[cfg(not(unix))]
pub(super) fn thread(_: OwnFiles) -> io::Result<Confinement> {
    Ok(Confinement::LimitsOnly)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::io;

    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    use rustix::thread::set_no_new_privs;
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, apply_filter_all_threads,
    };

    use super::{Confinement, OwnFiles};

    /// Memory to execute, in the third argument of `mmap` and `mprotect`.
    const EXECUTABLE: u64 = 4;
    const EPERM: u32 = 1;

    /// What an evaluation needs of the kernel: memory, locks, time, signals to itself, the end.
    const ALLOWED: [i64; 25] = [
        libc::SYS_close,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_restart_syscall,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_getpid,
        libc::SYS_getppid,
        libc::SYS_gettid,
        libc::SYS_tgkill,
        libc::SYS_rseq,
        libc::SYS_set_robust_list,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];
    /// Allowed unless the memory would be executable.
    const ALLOWED_FOR_DATA: [i64; 2] = [libc::SYS_mmap, libc::SYS_mprotect];
    const STANDARD_ERROR: i32 = 2;

    pub(super) fn process() -> io::Result<()> {
        set_no_new_privs(true)?;
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        Ok(())
    }

    pub(super) fn thread(files: OwnFiles) -> Confinement {
        match filter(files).and_then(|program| apply_filter_all_threads(&program)) {
            Ok(()) => Confinement::Full,
            Err(_) => Confinement::LimitsOnly,
        }
    }

    /// Everything that is not listed fails as not permitted.
    fn filter(files: OwnFiles) -> Result<BpfProgram, seccompiler::Error> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            ALLOWED.into_iter().map(|call| (call, Vec::new())).collect();
        for call in ALLOWED_FOR_DATA {
            rules.insert(
                call,
                vec![argument(2, SeccompCmpOp::MaskedEq(EXECUTABLE), 0)?],
            );
        }
        for (call, own) in [
            (libc::SYS_read, vec![files.input]),
            (libc::SYS_pread64, vec![files.memory]),
            (libc::SYS_write, vec![files.output, STANDARD_ERROR]),
            (libc::SYS_writev, vec![STANDARD_ERROR]),
        ] {
            let own = own.into_iter().filter_map(|file| u64::try_from(file).ok());
            rules.insert(
                call,
                own.map(|file| argument(0, SeccompCmpOp::Eq, file))
                    .collect::<Result<_, _>>()?,
            );
        }
        let arch = std::env::consts::ARCH.try_into()?;
        let (refused, allowed) = (SeccompAction::Errno(EPERM), SeccompAction::Allow);
        Ok(SeccompFilter::new(rules, refused, allowed, arch)?.try_into()?)
    }

    /// A rule on one argument of a call.
    fn argument(
        number: u8,
        compare: SeccompCmpOp,
        with: u64,
    ) -> Result<SeccompRule, seccompiler::Error> {
        let condition = SeccompCondition::new(number, SeccompCmpArgLen::Dword, compare, with)?;
        Ok(SeccompRule::new(vec![condition])?)
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
mod linux {
    use super::{Confinement, OwnFiles};

    pub(super) fn process() -> std::io::Result<()> {
        Ok(())
    }

    pub(super) fn thread(_: OwnFiles) -> Confinement {
        Confinement::LimitsOnly
    }
}

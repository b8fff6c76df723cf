//! Tokens and sessions: their hashes in a small file of their own, and in memory.
//!
//! They are apart from the journal, so that a journal can be given away without them.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use flowforge_engine::{Clock, Timestamp};
use flowforge_runtime::SystemClock;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa::ToSchema;

use super::cookie::SESSION_SECS_MAX;
use super::secret::{Secret, SecretHash};

/// The file in the data folder.
const FILE: &str = "access.redb";
/// Tokens and sessions, by the hash of their secret.
const KEYS: TableDefinition<'static, &[u8; 32], &[u8]> = TableDefinition::new("keys");
/// Bytes of the file held in memory.
const CACHE_BYTES: usize = 1 << 20;
/// Longest name of a token, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Most tokens there may be.
const TOKENS_MAX: usize = 1000;
/// Most sessions there may be; the one used longest ago makes room.
const SESSIONS_MAX: usize = 1000;
/// How often the moment of last use is written down at most, in milliseconds.
const USED_EVERY_MS: u64 = 60_000;

/// Why tokens and sessions cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccessError {
    /// The file cannot be opened or written.
    #[error("{} cannot be used: {why}", file.display())]
    Storage { file: PathBuf, why: String },
    /// There are too many tokens.
    #[error("there are {TOKENS_MAX} tokens; revoke one first")]
    Full,
    /// There are too many links that nobody opened.
    #[error("{LINKS_MAX} links wait to be opened; open one, or start the service again")]
    Links,
    /// Nobody could tell what it is for.
    #[error("a name has 1 to {NAME_CHARS_MAX} characters")]
    Name,
    /// The system gives no chance.
    #[error("the system gives no random bytes: {0}")]
    Chance(getrandom::Error),
}

/// A token, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenRow {
    /// Names it, for revoking.
    pub(crate) id: String,
    /// What its maker called it.
    pub(crate) name: String,
    /// What it lets its holder do.
    pub(crate) right: Right,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// When it was last used; within a minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_used_at: Option<Timestamp>,
}

/// What a key lets its holder do.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Right {
    /// Everything.
    #[default]
    Editor,
    /// Looking; changing nothing.
    Viewer,
}

/// Somebody who was invited: a person of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guest {
    /// Their id.
    pub(crate) id: String,
    /// Their name.
    pub(crate) name: String,
}

/// What is kept of a token or a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Key {
    /// The token's id and name; none for a session.
    token: Option<(String, String)>,
    /// Whose session it is; nobody's for the owner's own, and for tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guest: Option<Guest>,
    #[serde(default)]
    right: Right,
    created: i64,
    used: Option<i64>,
}

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// The owner's browser.
    Session,
    /// The browser of somebody who was invited.
    Guest(Guest),
    /// The token of this name.
    Token(String),
    /// The command line on this machine.
    CommandLine,
}

/// A key that was shown, to ask about again later without the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Whose it is.
    pub(crate) holder: Holder,
    /// What it lets them do.
    pub(crate) right: Right,
    hash: SecretHash,
}

impl Shown {
    /// What it let them do when they showed it.
    pub(crate) fn right(&self) -> Right {
        self.right
    }
}

/// What a one-time link gives.
#[derive(Clone, Debug, Default)]
struct Invited {
    guest: Option<Guest>,
    right: Right,
}

/// Most links that wait to be opened.
const LINKS_MAX: usize = 100;

/// All tokens and sessions, and the one-time link.
pub(crate) struct Access {
    file: PathBuf,
    database: Database,
    keys: Mutex<HashMap<SecretHash, Key>>,
    links: Mutex<HashMap<SecretHash, Invited>>,
    /// Counts what was taken away, for those who must ask again.
    changes: watch::Sender<u64>,
    command_line: Secret,
}

impl Access {
    /// Opens the file in this folder, or makes it, readable by its owner only.
    pub(crate) fn open(folder: &Path) -> Result<Self, AccessError> {
        let file = folder.join(FILE);
        let database = open(&file).map_err(|why| AccessError::Storage {
            file: file.clone(),
            why,
        })?;
        let access = Self {
            database,
            keys: Mutex::default(),
            links: Mutex::default(),
            changes: watch::channel(0).0,
            command_line: Secret::new().map_err(AccessError::Chance)?,
            file,
        };
        *access.keys() = access.stored(|| access.read())?;
        Ok(access)
    }

    /// A new token; its secret is told here and never again.
    pub(crate) fn create_token(
        &self,
        name: &str,
        right: Right,
    ) -> Result<(TokenRow, Secret), AccessError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(AccessError::Name);
        }
        let tokens = self
            .keys()
            .values()
            .filter(|key| key.token.is_some())
            .count();
        if tokens >= TOKENS_MAX {
            return Err(AccessError::Full);
        }
        let secret = Secret::new().map_err(AccessError::Chance)?;
        let id = uuid::Uuid::now_v7().to_string();
        let key = Key {
            token: Some((id, name.to_owned())),
            guest: None,
            right,
            created: SystemClock.now().0,
            used: None,
        };
        let row = row(&key).expect("it has a name");
        self.put(secret.hash(), key)?;
        Ok((row, secret))
    }

    /// The tokens, the oldest first.
    pub(crate) fn tokens(&self) -> Vec<TokenRow> {
        let mut rows: Vec<_> = self.keys().values().filter_map(row).collect();
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        rows
    }

    /// Revokes a token; tells whether it was there.
    pub(crate) fn revoke_token(&self, id: &str) -> Result<bool, AccessError> {
        let found = self.keys().iter().find_map(|(hash, key)| {
            let (token, _) = key.token.as_ref()?;
            (token == id).then_some(*hash)
        });
        match found {
            Some(hash) => self.remove(hash).map(|()| true),
            None => Ok(false),
        }
    }

    /// A new one-time link's secret, for the owner.
    pub(crate) fn new_link(&self) -> Result<Secret, AccessError> {
        self.link_for(Invited::default())
    }

    /// A new one-time link's secret, for somebody else: a person of their own.
    pub(crate) fn invite(&self, name: &str, right: Right) -> Result<Secret, AccessError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(AccessError::Name);
        }
        let guest = Guest {
            id: format!("guest-{}", uuid::Uuid::now_v7().simple()),
            name: name.to_owned(),
        };
        let guest = Some(guest);
        self.link_for(Invited { guest, right })
    }

    fn link_for(&self, invited: Invited) -> Result<Secret, AccessError> {
        let secret = Secret::new().map_err(AccessError::Chance)?;
        let mut links = self.links();
        if links.len() >= LINKS_MAX {
            return Err(AccessError::Links);
        }
        links.insert(secret.hash(), invited);
        Ok(secret)
    }

    /// A session for whoever shows the secret of a link, once.
    pub(crate) fn redeem_link(&self, shown: &str) -> Result<Option<Secret>, AccessError> {
        let Some(hash) = SecretHash::of(shown) else {
            return Ok(None);
        };
        let Some(invited) = self.links().remove(&hash) else {
            return Ok(None);
        };
        match self.create_session(invited.clone()) {
            Ok(session) => Ok(Some(session)),
            Err(error) => {
                self.links().insert(hash, invited);
                Err(error)
            }
        }
    }

    fn create_session(&self, invited: Invited) -> Result<Secret, AccessError> {
        self.make_room()?;
        let secret = Secret::new().map_err(AccessError::Chance)?;
        let now = SystemClock.now().0;
        let key = Key {
            token: None,
            guest: invited.guest,
            right: invited.right,
            created: now,
            used: Some(now),
        };
        self.put(secret.hash(), key)?;
        Ok(secret)
    }

    /// Who shows this session.
    pub(crate) fn session(&self, shown: &str) -> Option<Shown> {
        self.shown(SecretHash::of(shown)?, true)
    }

    /// Who shows this token.
    pub(crate) fn token(&self, shown: &str) -> Option<Shown> {
        let hash = SecretHash::of(shown)?;
        if hash == self.command_line.hash() {
            return Some(Shown {
                holder: Holder::CommandLine,
                right: Right::Editor,
                hash,
            });
        }
        self.shown(hash, false)
    }

    /// Whether a key that was shown is still good, and for what.
    pub(crate) fn still(&self, shown: &Shown) -> Option<Right> {
        if shown.hash == self.command_line.hash() {
            return Some(Right::Editor);
        }
        let keys = self.keys();
        let key = keys.get(&shown.hash)?;
        (!key.is_over(SystemClock.now())).then_some(key.right)
    }

    /// Tells when a key was taken away.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Ends a session.
    pub(crate) fn end_session(&self, shown: &str) -> Result<(), AccessError> {
        match SecretHash::of(shown) {
            Some(hash) => self.remove(hash),
            None => Ok(()),
        }
    }

    /// The token of the command line on this machine, valid while this process lives.
    pub(crate) fn command_line_token(&self) -> &str {
        self.command_line.text()
    }

    fn shown(&self, hash: SecretHash, session: bool) -> Option<Shown> {
        let now = SystemClock.now();
        let (shown, write) = {
            let mut keys = self.keys();
            let key = keys.get_mut(&hash)?;
            if key.token.is_none() != session || key.is_over(now) {
                return None;
            }
            let write = key.use_now(now).then(|| key.clone());
            let holder = match (&key.token, &key.guest) {
                (Some((_, name)), _) => Holder::Token(name.clone()),
                (None, Some(guest)) => Holder::Guest(guest.clone()),
                (None, None) => Holder::Session,
            };
            let right = key.right;
            let shown = Shown {
                holder,
                right,
                hash,
            };
            (shown, write)
        };
        if let Some(key) = write
            && let Err(error) = self.stored(|| self.write(hash, &key))
        {
            tracing::warn!(%error, "the moment of last use was not kept");
        }
        Some(shown)
    }

    /// Lets the session go that was used longest ago, when there are too many.
    fn make_room(&self) -> Result<(), AccessError> {
        let oldest = {
            let keys = self.keys();
            let sessions = keys.iter().filter(|(_, key)| key.token.is_none());
            if sessions.clone().count() < SESSIONS_MAX {
                return Ok(());
            }
            sessions
                .min_by_key(|(_, key)| key.used)
                .map(|(hash, _)| *hash)
        };
        oldest.map_or(Ok(()), |hash| self.remove(hash))
    }

    fn put(&self, hash: SecretHash, key: Key) -> Result<(), AccessError> {
        self.stored(|| self.write(hash, &key))?;
        self.keys().insert(hash, key);
        Ok(())
    }

    fn remove(&self, hash: SecretHash) -> Result<(), AccessError> {
        self.stored(|| self.erase(hash))?;
        self.keys().remove(&hash);
        self.changes.send_modify(|changes| *changes += 1);
        Ok(())
    }

    fn read(&self) -> Result<HashMap<SecretHash, Key>, redb::Error> {
        let transaction = self.database.begin_read()?;
        let mut keys = HashMap::new();
        for entry in transaction.open_table(KEYS)?.iter()? {
            let (hash, key) = entry?;
            match serde_json::from_slice(key.value()) {
                Ok(key) => drop(keys.insert(SecretHash(*hash.value()), key)),
                Err(error) => {
                    tracing::warn!(%error, "a token or session is damaged and does not count");
                }
            }
        }
        Ok(keys)
    }

    fn write(&self, hash: SecretHash, key: &Key) -> Result<(), redb::Error> {
        let bytes = serde_json::to_vec(key).expect("plain fields");
        let transaction = self.database.begin_write()?;
        transaction.open_table(KEYS)?.insert(&hash.0, &*bytes)?;
        Ok(transaction.commit()?)
    }

    fn erase(&self, hash: SecretHash) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        transaction.open_table(KEYS)?.remove(&hash.0)?;
        Ok(transaction.commit()?)
    }

    fn stored<T>(&self, what: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, AccessError> {
        what().map_err(|error| AccessError::Storage {
            file: self.file.clone(),
            why: error.to_string(),
        })
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<SecretHash, Key>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn links(&self) -> MutexGuard<'_, HashMap<SecretHash, Invited>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Key {
    /// A session ends when nobody used it for long. A clock that went backwards ends none.
    fn is_over(&self, now: Timestamp) -> bool {
        let last = Timestamp(self.used.unwrap_or(self.created));
        self.token.is_none() && now.since_ms(last) > SESSION_SECS_MAX * 1000
    }

    /// Notes that it is used; tells whether that is worth writing down.
    fn use_now(&mut self, now: Timestamp) -> bool {
        let is_new = self
            .used
            .is_none_or(|used| now.since_ms(Timestamp(used)) > USED_EVERY_MS);
        if is_new {
            self.used = Some(now.0);
        }
        is_new
    }
}

fn row(key: &Key) -> Option<TokenRow> {
    let (id, name) = key.token.clone()?;
    Some(TokenRow {
        id,
        name,
        right: key.right,
        created_at: Timestamp(key.created),
        last_used_at: key.used.map(Timestamp),
    })
}

fn open(file: &Path) -> Result<Database, String> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file).map_err(|error| error.to_string())?;
    let database = Database::builder()
        .set_cache_size(CACHE_BYTES)
        .create_file(opened)
        .map_err(|error| error.to_string())?;
    make_table(&database).map_err(|error| error.to_string())?;
    Ok(database)
}

fn make_table(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(KEYS)?;
    Ok(transaction.commit()?)
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> (tempfile::TempDir, Access) {
        let folder = tempfile::tempdir().unwrap();
        let access = Access::open(folder.path()).unwrap();
        (folder, access)
    }

    #[test]
    fn a_token_is_known_until_it_is_revoked_and_over_a_restart() {
        let (folder, access) = access();
        let (row, secret) = access.create_token("ci", Right::Editor).unwrap();
        let holder = Some(Holder::Token("ci".into()));
        assert_eq!(
            access.token(secret.text()).map(|shown| shown.holder),
            holder
        );
        drop(access);
        let access = Access::open(folder.path()).unwrap();
        assert_eq!(
            access.token(secret.text()).map(|shown| shown.holder),
            holder
        );
        assert!(access.revoke_token(&row.id).unwrap());
        assert_eq!(access.token(secret.text()), None);
        assert!(!access.revoke_token(&row.id).unwrap());
    }

    #[test]
    fn the_file_holds_no_secret_and_is_its_owners() {
        let (folder, access) = access();
        let (_, secret) = access.create_token("ci", Right::Editor).unwrap();
        let file = folder.path().join(FILE);
        let bytes = std::fs::read(&file).unwrap();
        let text = secret.text().as_bytes();
        assert!(!bytes.windows(text.len()).any(|window| window == text));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn the_link_gives_one_session() {
        let (_folder, access) = access();
        let link = access.new_link().unwrap();
        assert!(access.redeem_link("ff_wrong").unwrap().is_none());
        let session = access.redeem_link(link.text()).unwrap().unwrap();
        assert!(access.redeem_link(link.text()).unwrap().is_none());
        let shown = access.session(session.text()).unwrap();
        assert_eq!(
            (&shown.holder, shown.right),
            (&Holder::Session, Right::Editor)
        );
        assert_eq!(access.still(&shown), Some(Right::Editor));
        assert_eq!(access.token(session.text()), None, "a session is no token");
        access.end_session(session.text()).unwrap();
        assert_eq!(access.session(session.text()), None);
        assert_eq!(access.still(&shown), None);
    }

    #[test]
    fn who_is_invited_is_a_person_of_their_own_with_the_right_they_were_given() {
        let (_folder, access) = access();
        let mut changes = access.changes();
        let link = access.invite("Vic", Right::Viewer).unwrap();
        let session = access.redeem_link(link.text()).unwrap().unwrap();
        let shown = access.session(session.text()).unwrap();
        assert_eq!(shown.right, Right::Viewer);
        assert!(matches!(&shown.holder, Holder::Guest(guest) if guest.name == "Vic"));
        assert!(!changes.has_changed().unwrap());
        access.end_session(session.text()).unwrap();
        assert!(
            changes.borrow_and_update().eq(&1),
            "those who asked once ask again"
        );
    }
}

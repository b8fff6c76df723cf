//! Reads the bytes one after the other, and knows where it is.

use super::{Refused, Why};

/// Bytes that are being looked at.
pub(crate) struct Bytes<'b> {
    all: &'b [u8],
    at: usize,
}

impl<'b> Bytes<'b> {
    pub(crate) fn new(all: &'b [u8]) -> Self {
        Self { all, at: 0 }
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'b [u8] {
        &self.all[self.at..]
    }

    pub(crate) fn left(&self) -> usize {
        self.all.len() - self.at
    }

    pub(crate) fn refused(&self, why: Why) -> Refused {
        Refused { at: self.at, why }
    }

    pub(crate) fn kind(&self, what: &'static str, found: impl Into<u64>) -> Refused {
        let found = found.into();
        self.refused(Why::Kind { what, found })
    }

    pub(crate) fn end(&self) -> Result<(), Refused> {
        match self.left() {
            0 => Ok(()),
            left => Err(self.refused(Why::Follows(left))),
        }
    }

    /// Passes over all that is left.
    pub(crate) fn all(&mut self) {
        self.at = self.all.len();
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, Refused> {
        let byte = self.all.get(self.at).copied();
        let byte = byte.ok_or_else(|| self.refused(Why::Ends(what)))?;
        self.at += 1;
        Ok(byte)
    }

    pub(crate) fn take(&mut self, len: u64, what: &'static str) -> Result<&'b [u8], Refused> {
        let left = self.left();
        let fits = usize::try_from(len).ok().filter(|len| *len <= left);
        let len = fits.ok_or_else(|| {
            self.refused(Why::Claim {
                what,
                claimed: len,
                left,
            })
        })?;
        let part = &self.all[self.at..self.at + len];
        self.at += len;
        Ok(part)
    }

    /// A number of at most `bits` bits, written in groups of seven.
    fn number(&mut self, bits: u32, what: &'static str) -> Result<u64, Refused> {
        let mut number = 0_u64;
        let mut shift = 0;
        loop {
            let byte = self.u8(what)?;
            let part = u64::from(byte & 0x7f);
            if shift >= bits || (part << shift) >> bits != 0 {
                return Err(self.refused(Why::Number(what)));
            }
            number |= part << shift;
            shift += 7;
            if byte < 0x80 {
                return Ok(number);
            }
        }
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, Refused> {
        let number = self.number(32, what)?;
        u32::try_from(number).map_err(|_| self.refused(Why::Number(what)))
    }

    /// The number by which a client is known; JavaScript counts to 53 bits.
    pub(crate) fn client(&mut self) -> Result<u64, Refused> {
        self.number(53, "a client id")
    }

    /// Passes over a signed number.
    pub(crate) fn signed(&mut self) -> Result<(), Refused> {
        let mut len = 1;
        while self.u8("a number")? >= 0x80 {
            len += 1;
            // Six bits and nine times seven hold every 64-bit integer.
            if len > 10 {
                return Err(self.refused(Why::Number("a number")));
            }
        }
        Ok(())
    }

    /// How many things follow, each of at least `least` bytes.
    pub(crate) fn count(&mut self, least: usize, what: &'static str) -> Result<u32, Refused> {
        let claimed = self.u32(what)?;
        let left = self.left();
        if u64::from(claimed) * least as u64 > left as u64 {
            let claimed = claimed.into();
            return Err(self.refused(Why::Claim {
                what,
                claimed,
                left,
            }));
        }
        Ok(claimed)
    }

    pub(crate) fn buffer(&mut self, what: &'static str) -> Result<&'b [u8], Refused> {
        let len = self.u32(what)?;
        self.take(len.into(), what)
    }

    pub(crate) fn text(&mut self, what: &'static str) -> Result<&'b str, Refused> {
        let bytes = self.buffer(what)?;
        std::str::from_utf8(bytes).map_err(|_| self.refused(Why::Text(what)))
    }
}

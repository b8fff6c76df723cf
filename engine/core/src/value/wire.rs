//! Numbers and lengths as bytes, and a reader that never reads past its end.

use super::DecodeError;

/// Appends `number` as LEB128: seven bits a byte, lowest first, the high bit set on all but the last.
pub(super) fn push_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the low seven bits are meant"
        )]
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "less than 0x80")]
    out.push(number as u8);
}

/// How many bytes [`push_varint`] appends.
pub(super) fn varint_len(number: u64) -> u64 {
    u64::from((64 - (number | 1).leading_zeros()).div_ceil(7))
}

/// The unsigned number that stands for `int`: small magnitudes become small numbers.
#[expect(clippy::cast_sign_loss, reason = "the bits are meant")]
pub(super) fn zigzag(int: i64) -> u64 {
    ((int << 1) ^ (int >> 63)) as u64
}

#[expect(clippy::cast_possible_wrap, reason = "the bits are meant")]
fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Appends the length of `bytes`, then `bytes`.
pub(super) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// How many bytes [`push_bytes`] appends for `len` bytes.
pub(super) fn bytes_len(len: usize) -> u64 {
    varint_len(len as u64) + len as u64
}

/// What is still to be read.
pub(super) struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn rest(&self) -> &'b [u8] {
        self.rest
    }

    pub(super) fn byte(&mut self) -> Result<u8, DecodeError> {
        let (&byte, rest) = self
            .rest
            .split_first()
            .ok_or(DecodeError::Malformed("it ends too early"))?;
        self.rest = rest;
        Ok(byte)
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'b [u8], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(DecodeError::Malformed("a length passes its end"))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(DecodeError::Malformed("it ends too early"))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// A varint in its shortest form.
    pub(super) fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(DecodeError::Malformed("a number does not fit 64 bits"));
            }
            number |= bits << shift;
            if byte < 0x80 {
                return if bits == 0 && shift > 0 {
                    Err(DecodeError::Malformed(
                        "a number is not in its shortest form",
                    ))
                } else {
                    Ok(number)
                };
            }
        }
        Err(DecodeError::Malformed("a number does not fit 64 bits"))
    }

    pub(super) fn int(&mut self) -> Result<i64, DecodeError> {
        self.varint().map(unzigzag)
    }

    /// A count of things of at least one byte each, so never more than there are bytes.
    pub(super) fn count(&mut self) -> Result<usize, DecodeError> {
        let count = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        if count > self.rest.len() {
            return Err(DecodeError::Malformed("a count passes its end"));
        }
        Ok(count)
    }

    /// A length, and as many bytes.
    pub(super) fn bytes(&mut self) -> Result<&'b [u8], DecodeError> {
        let len = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        self.take(len)
    }

    pub(super) fn text(&mut self) -> Result<&'b str, DecodeError> {
        std::str::from_utf8(self.bytes()?)
            .map_err(|_| DecodeError::Malformed("a text is not UTF-8"))
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Malformed("bytes follow its end"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_are_read_back_and_measured() {
        for number in (0..64)
            .flat_map(|bit| [1_u64 << bit, (1 << bit) - 1])
            .chain([u64::MAX])
        {
            let mut bytes = Vec::new();
            push_varint(&mut bytes, number);
            assert_eq!(bytes.len() as u64, varint_len(number));
            assert_eq!(Reader::new(&bytes).varint().unwrap(), number);
        }
    }

    #[test]
    fn integers_are_read_back() {
        for int in [0, -1, 1, 63, -64, 64, i64::MIN, i64::MAX] {
            assert_eq!(unzigzag(zigzag(int)), int);
        }
    }

    #[test]
    fn a_number_has_one_form() {
        assert!(Reader::new(&[0x80, 0x00]).varint().is_err());
        assert!(Reader::new(&[0xff; 10]).varint().is_err());
        assert!(Reader::new(&[0x80; 11]).varint().is_err());
    }
}

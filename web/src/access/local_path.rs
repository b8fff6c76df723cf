//! Where a link may lead once it has let somebody in: to a page of this service, and nowhere else.
//!
//! It comes with the link, so anybody may have written it. A browser takes `//host` for another host, `\` for `/`, and
//! leaves tabs and line ends out before it looks.

/// Longest path, in bytes.
const BYTES_MAX: usize = 2000;

/// The path of a page of this service, with its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LocalPath(String);

impl LocalPath {
    /// The path, when it is one: from the root on, in visible ASCII, with no host and nothing that is taken for one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_rooted = text.starts_with('/') && !text.starts_with("//");
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        (is_rooted && is_plain && text.len() <= BYTES_MAX).then(|| Self(text.to_owned()))
    }

    /// As it stands in an address.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// As it stands in a query.
    pub(crate) fn escaped(&self) -> String {
        url::form_urlencoded::byte_serialize(self.0.as_bytes()).collect()
    }
}

/// The first page.
impl Default for LocalPath {
    fn default() -> Self {
        Self("/".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_service_is_one() {
        for path in ["/", "/workflows/a%20b", "/runs/r?seq=3&node=x#end", "/a//b"] {
            assert_eq!(LocalPath::parse(path).unwrap().text(), path);
        }
        let path = LocalPath::parse("/runs/r?seq=3&node=x").unwrap();
        assert_eq!(path.escaped(), "%2Fruns%2Fr%3Fseq%3D3%26node%3Dx");
    }

    #[test]
    fn what_leads_elsewhere_is_none() {
        for path in [
            "",
            "workflows/a",
            "//evil.test",
            "///evil.test",
            "https://evil.test",
            "javascript:alert(1)",
            "\\\\evil.test",
            "/\\evil.test",
            "/\t/evil.test",
            "/\n/evil.test",
            " /workflows",
            "/caf\u{e9}",
            "/a\r\nset-cookie: x=y",
        ] {
            assert_eq!(LocalPath::parse(path), None, "{path:?}");
        }
        assert_eq!(
            LocalPath::parse(&format!("/{}", "a".repeat(BYTES_MAX))),
            None
        );
    }
}

//! `--code-file F`: the code, for scripts. The command line itself can be read by other programs.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use p2p_chat_protocol::Private;

/// Far more than three words with any separators; a longer file is another one than meant.
const MAX_BYTES: u64 = 1024;

/// The first line of a file.
pub(crate) fn read(file: &Path) -> Result<Private, String> {
    let shown = file.display();
    let opened = File::open(file);
    let opened = opened.map_err(|error| format!("Cannot read the code from {shown}: {error}."))?;
    let mut line = Private::default();
    BufReader::new(opened.take(MAX_BYTES))
        .read_line(&mut line.0)
        .map_err(|error| format!("Cannot read the code from {shown}: {error}."))?;
    if line.0.trim().is_empty() {
        return Err(format!("The first line of {shown} holds no code."));
    }
    Ok(Private::from(line.0.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_code() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("code");
        for (text, code) in [
            ("carrot lemon koala\r\nmore", Some("carrot lemon koala")),
            (" 1 2 3 ", Some("1 2 3")),
            ("\ncarrot", None),
            ("", None),
        ] {
            std::fs::write(&file, text).expect("written");
            let found = read(&file).ok().map(|code| code.0.clone());
            assert_eq!(found.as_deref(), code, "{text:?}");
        }
        std::fs::write(&file, [0xff; 9]).expect("written");
        assert!(read(&file).is_err());
        assert!(read(&folder.path().join("missing")).is_err_and(|e| e.contains("missing")));
    }
}

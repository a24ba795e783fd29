//! A message's fields as JSON, byte for byte as serde_json writes them.
//!
//! Names have nothing in them to escape, and nearly no string has. They are copied, where
//! serde_json takes them byte by byte. Whatever else there is it writes itself.

use std::fmt;

use serde::Serialize;
use serde::ser::{Impossible, SerializeStruct, Serializer};

/// Appends `fields`, a struct, each with a comma before it.
pub(crate) fn append<T: Serialize>(out: &mut Vec<u8>, fields: &T) {
    let written = fields.serialize(Quick {
        out,
        outermost: true,
    });
    written.expect("a message's fields are a struct");
}

/// Appends `value` as JSON. Our own message structs have string keys only, so this cannot fail.
pub(super) fn append_value<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value).expect("message structs are always JSON");
}

/// Appends a name out of our own sources.
fn append_name(out: &mut Vec<u8>, name: &'static str) {
    debug_assert!(is_plain(name), "{name:?}");
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.push(b'"');
}

fn append_text(out: &mut Vec<u8>, text: &str) {
    if is_plain(text) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        append_value(out, text);
    }
}

/// Whether nothing in `text` is escaped in JSON (RFC 8259, section 7).
pub fn is_plain(text: &str) -> bool {
    // To the end in any case: a loop that may end early looks at one byte at a time.
    let plain = |b: u8| b >= b' ' && b != b'"' && b != b'\\';
    text.bytes().fold(true, |all, b| all & plain(b))
}

/// The outermost struct, and in it the values that are quickly written. What it refuses, it has
/// not begun.
struct Quick<'a> {
    out: &'a mut Vec<u8>,
    outermost: bool,
}

impl SerializeStruct for Quick<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> fmt::Result {
        self.out.push(b',');
        append_name(self.out, name);
        self.out.push(b':');
        let quick = Quick {
            out: self.out,
            outermost: false,
        };
        if value.serialize(quick).is_err() {
            append_value(self.out, value);
        }
        Ok(())
    }

    fn end(self) -> fmt::Result {
        Ok(())
    }
}

/// Methods that refuse: `name(types of the arguments) -> what it would return`.
macro_rules! refuse {
    ($( $name:ident ($($argument:ty),*) $(-> $compound:ident)?; )*) => {
        $( fn $name(self, $(_: $argument),*) -> Result<refuse!(@ok $($compound)?), fmt::Error> {
            Err(fmt::Error)
        } )*
    };
    (@ok) => { () };
    (@ok $compound:ident) => { Self::$compound };
}

impl<'a> Serializer for Quick<'a> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Impossible<(), fmt::Error>;
    type SerializeTuple = Impossible<(), fmt::Error>;
    type SerializeTupleStruct = Impossible<(), fmt::Error>;
    type SerializeTupleVariant = Impossible<(), fmt::Error>;
    type SerializeMap = Impossible<(), fmt::Error>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), fmt::Error>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, fmt::Error> {
        self.outermost.then_some(self).ok_or(fmt::Error)
    }

    fn serialize_str(self, text: &str) -> fmt::Result {
        append_text(self.out, text);
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> fmt::Result {
        append_name(self.out, name);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> fmt::Result {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> fmt::Result {
        Err(fmt::Error)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> fmt::Result {
        Err(fmt::Error)
    }

    refuse! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_as_serde_json_writes_them() {
        let controls = (0..=0x9f).map(char::from);
        for odd in controls.chain(['"', '\\', 'ä', '\u{2028}', '🔥']) {
            for text in [
                String::from(odd),
                format!("{odd} {odd}"),
                format!("{}{odd}", "x".repeat(40)),
            ] {
                let mut out = Vec::new();
                append_text(&mut out, &text);
                assert_eq!(out, serde_json::to_vec(&text).expect("JSON"), "{text:?}");
            }
        }
    }

    #[test]
    fn what_is_not_quickly_written_is_written() {
        #[derive(Serialize)]
        struct Odd<'a> {
            list: [Option<bool>; 2],
            inner: Option<Box<Odd<'a>>>,
            text: Option<&'a str>,
        }
        let odd = |inner, text| Odd {
            list: [Some(true), None],
            inner,
            text,
        };
        let odd = odd(Some(Box::new(odd(None, None))), Some("a\nb"));
        let mut out = Vec::new();
        append(&mut out, &odd);
        let whole = serde_json::to_vec(&odd).expect("JSON");
        assert_eq!(out[1..], whole[1..whole.len() - 1]);
    }
}

//! One list of messages becomes the enum of a direction.

/// Declares a direction: `"type" => Variant(Fields)` or `"type" => Variant` where it has no fields.
macro_rules! messages {
    (
        $(#[$doc:meta])*
        $name:ident {
            $( $(#[$vdoc:meta])* $kind:literal => $variant:ident $(($fields:ty))? ,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $( $(#[$vdoc])* $variant $(($fields))? ,)*
        }

        impl $crate::Messages for $name {
            fn has(kind: &str) -> bool {
                matches!(kind, $( $kind )|*)
            }

            fn take<'de, D: serde::Deserializer<'de>>(
                kind: &str,
                fields: D,
            ) -> Result<Self, D::Error> {
                match kind {
                    $( $kind => messages!(@take fields, $variant $($fields)?), )*
                    _ => Err(serde::de::Error::custom("there is no such message")),
                }
            }

            fn pass(
                line: &str,
                kind: Option<&str>,
            ) -> Result<$crate::Received<Self>, serde_json::Error> {
                $crate::envelope::pass(line, kind)
            }

            fn kind(&self) -> &'static str {
                match self {
                    $( messages!(@pattern _fields, $variant $($fields)?) => $kind, )*
                }
            }

            fn write_fields(&self, out: &mut Vec<u8>) {
                match self {
                    $( messages!(@pattern fields, $variant $($fields)?) =>
                        messages!(@write out, fields $($fields)?), )*
                }
            }
        }
    };
    (@take $given:ident, $variant:ident) => {
        <serde::de::IgnoredAny as serde::Deserialize>::deserialize($given).map(|_| Self::$variant)
    };
    (@take $given:ident, $variant:ident $fields:ty) => {
        <$fields as serde::Deserialize>::deserialize($given).map(Self::$variant)
    };
    (@pattern $bound:ident, $variant:ident) => { Self::$variant };
    (@pattern $bound:ident, $variant:ident $fields:ty) => { Self::$variant($bound) };
    (@write $out:ident, $bound:ident) => {{}};
    (@write $out:ident, $bound:ident $fields:ty) => {
        $crate::envelope::fields::append($out, $bound)
    };
}
pub(crate) use messages;

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
            fn parse(kind: &str, line: &[u8]) -> Option<Result<Self, serde_json::Error>> {
                match kind {
                    $( $kind => Some(messages!(@parse line, $variant $($fields)?)), )*
                    _ => None,
                }
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
    (@parse $line:ident, $variant:ident) => {
        serde_json::from_slice::<serde::de::IgnoredAny>($line).map(|_| Self::$variant)
    };
    (@parse $line:ident, $variant:ident $fields:ty) => {
        serde_json::from_slice::<$fields>($line).map(Self::$variant)
    };
    (@pattern $bound:ident, $variant:ident) => { Self::$variant };
    (@pattern $bound:ident, $variant:ident $fields:ty) => { Self::$variant($bound) };
    (@write $out:ident, $bound:ident) => { $out.extend_from_slice(b"{}") };
    (@write $out:ident, $bound:ident $fields:ty) => {
        $crate::envelope::write_json($out, $bound)
    };
}
pub(crate) use messages;

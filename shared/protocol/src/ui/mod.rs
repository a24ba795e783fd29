//! The pipe between ui and supervisor.

mod event;
mod request;

pub use event::*;
pub use request::*;

use crate::macros::messages;
use crate::{Refusal, Welcome};

messages! {
    /// What a ui asks of the supervisor.
    UiRequest {
        /// Wait for a peer. Reply: `listening` or `error`.
        "listen" => Listen(Listen),
        /// Connect to a peer. Reply: `ok` when begun; then `peer_connected` or `connect_failed`.
        "connect" => Connect(Connect),
        /// The words the user heard. Reply: `ok` or `error`.
        "verify" => Verify(Verify),
        /// The words do not match: drop the peer. Reply: `ok`.
        "reject" => Reject,
        /// Send a text. Reply: `message_added` or `error`.
        "send_message" => SendMessage(SendMessage),
        /// Forget the conversation. Reply: `cleared`.
        "clear" => Clear,
        /// Make another code. Reply: `listening`.
        "new_code" => NewCode,
        /// The address under which others reach this computer. Reply: `listening`.
        "set_public" => SetPublic(SetPublic),
        /// End the chat, the attempt or the listening. Reply: `ok`.
        "disconnect" => Disconnect,
        /// End the program. Reply: `ok`; then wait for the end of stdin.
        "quit" => Quit,
    }
}

messages! {
    /// What the supervisor tells a ui.
    UiEvent {
        /// The answer to `hello`.
        "welcome" => Welcome(Welcome),
        /// What happened so far has been told; from here on it happens now.
        "replay_finished" => ReplayFinished,
        /// It waits for a peer; whole and again at each change.
        "listening" => Listening(Listening),
        /// Whether others can reach the listener.
        "reachability_changed" => ReachabilityChanged(ReachabilityChanged),
        /// Something is missing to connect; ask the user, then ask with `connect`.
        "input_needed" => InputNeeded(InputNeeded),
        /// The code the user typed is one; nothing was sent yet.
        "passcode_read" => PasscodeRead(PasscodeRead),
        /// A peer is there.
        "peer_connected" => PeerConnected(PeerConnected),
        /// An attempt to connect ended without a peer.
        "connect_failed" => ConnectFailed(Refusal),
        /// The peer is to be verified by words.
        "verification_needed" => VerificationNeeded(VerificationNeeded),
        /// Somebody tried a wrong code.
        "authentication_failed" => AuthenticationFailed(AuthenticationFailed),
        /// A text, the user's own or the peer's.
        "message_added" => MessageAdded(MessageAdded),
        /// One of the user's own texts got further, or failed.
        "message_updated" => MessageUpdated(MessageUpdated),
        /// The keys were renewed.
        "keys_changed" => KeysChanged(KeysChanged),
        /// The peer is gone.
        "peer_disconnected" => PeerDisconnected(PeerDisconnected),
        /// The conversation is forgotten.
        "cleared" => Cleared,
        /// A sentence for the user.
        "notice" => Notice(Notice),
        /// A plugin started, stopped or was given up.
        "plugin_changed" => PluginChanged(PluginChanged),
        /// Done.
        "ok" => Ok,
        /// Not done.
        "error" => Error(Refusal),
    }
}

//! The chat layout of Qwen3. Only the frame is made of special tokens; what anybody says is plain text, so that nobody can
//! speak in another's name. It knows no network.

use serde::Deserialize;

use crate::qwen3::Tokenizer;
use crate::weights::LoadError;

/// Before each turn.
pub(super) const TURN_BEGINS: &str = "<|im_start|>";
/// After each turn.
pub(super) const TURN_ENDS: &str = "<|im_end|>";

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The program: what the model is to do.
    System,
    /// Whoever the model answers.
    User,
    /// The model, earlier.
    Assistant,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said. Special tokens in it are nothing but text.
    pub text: String,
}

impl Message {
    /// A turn.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into() }
    }
}

/// Whether the checkpoint's own chat template can switch thinking off, which means that it is on otherwise.
pub(super) fn thinks(tokenizer_config: &[u8]) -> Result<bool, LoadError> {
    #[derive(Deserialize)]
    struct Template {
        #[serde(default)]
        chat_template: serde_json::Value,
    }
    let template: Template = serde_json::from_slice(tokenizer_config)
        .map_err(|error| LoadError::config(format!("tokenizer_config.json: {error}")))?;
    Ok(template.chat_template.to_string().contains("enable_thinking"))
}

/// Tokens of a conversation, up to where the model goes on. A model that thinks is given an empty thought.
pub(super) fn prompt(tokenizer: &Tokenizer, messages: &[Message], thinks: bool) -> Vec<u32> {
    let mut tokens = Vec::new();
    for message in messages {
        tokens.extend(tokenizer.added(TURN_BEGINS));
        // Role and text in one go: a line break at the text's beginning joins the one after the role.
        tokens.extend(tokenizer.encode_plain(&format!("{}\n{}", message.role.name(), message.text)));
        tokens.extend(tokenizer.added(TURN_ENDS));
        tokens.extend(tokenizer.encode_plain("\n"));
    }
    tokens.extend(tokenizer.encode(&format!("{TURN_BEGINS}{}\n", Role::Assistant.name())));
    if thinks {
        tokens.extend(tokenizer.encode("<think>\n\n</think>\n\n"));
    }
    tokens
}

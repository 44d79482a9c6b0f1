//! The promises that a client is held to where nobody says which.

use model::{Boundary, Claim, ClaimId, ClaimKind, Control, Position, Promise, SwitchState};

use super::ExamineError;

/// What a client with `switch` is held to while that is in `state`, where nobody says otherwise.
///
/// That only what is declared is collected is not among them: nobody outside sees what servers note about requests.
/// Nobody who chose a position that says that incognito activity is collected was promised that it is not.
///
/// # Errors
/// If a claim cannot be made.
pub fn default_claims(switch: Option<&Control>, state: SwitchState) -> Result<Vec<Claim>, ExamineError> {
    let positions = switch.iter().flat_map(|switch| &switch.positions);
    let mut here = positions.filter(|position: &&Position| position.promise.state() == state);
    let waived = here.any(|position| position.promise == Promise::CollectInIncognito);
    let mut claims = Vec::new();
    if !waived {
        claims.push(claim(
            "incognito-suppressed",
            "What you do in incognito mode is not collected.",
            ClaimKind::IncognitoSuppressed,
        )?);
    }
    if state != SwitchState::Absent {
        claims.push(claim(
            "switch-honored",
            "What a position of the switch says is not collected is not collected.",
            ClaimKind::SwitchHonored,
        )?);
    }
    let across = vec![Boundary::Modes, Boundary::ClearData, Boundary::Reinstall];
    claims.push(claim(
        "unlinkable",
        "Normal and incognito use are not linked, nor what comes before and after a reset.",
        ClaimKind::Unlinkable { across, lifetime_max: None },
    )?);
    Ok(claims)
}

fn claim(id: &str, statement: &str, promise: ClaimKind) -> Result<Claim, ExamineError> {
    let id = ClaimId::new(id).map_err(|error| ExamineError::Claim(error.to_string()))?;
    Ok(Claim { id, statement: statement.to_owned(), source: None, promise, products: Vec::new() })
}

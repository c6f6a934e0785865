//! What a page does with events: replace, never patch.

use regie_model::{Event, Fault, Snapshot, Source, SourceId, Transition};

/// The snapshot after an event, by nothing but the two of them.
pub fn fold(mut snapshot: Snapshot, event: &Event) -> Snapshot {
    match event.clone() {
        Event::SourceAdded { source } => snapshot.sources.push(source),
        Event::SourceChanged { source } => {
            let id = source.id;
            *the_source(&mut snapshot, id) = source;
        }
        Event::SourceRemoved { id } => snapshot.sources.retain(|source| source.id != id),
        Event::PreviewChanged { scene } => snapshot.preview = scene,
        Event::SceneTaken {
            program,
            preview,
            transition,
        } => {
            snapshot.program = program;
            snapshot.preview = preview;
            snapshot.mixing = match transition {
                Transition::Cut => None,
                mix => Some(mix),
            };
        }
        Event::TransitionEnded => snapshot.mixing = None,
        Event::TransitionChosen { transition } => snapshot.transition = transition,
        Event::MosaicArranged { mosaic } => snapshot.mosaic = mosaic,
        Event::RecordingChanged { recording } => snapshot.recording = recording,
        Event::ViewersCounted { count } => snapshot.viewers = count,
        Event::FaultRaised { fault } => match the_fault(&mut snapshot, &fault) {
            Some(old) => *old = fault,
            None => snapshot.faults.push(fault),
        },
        Event::FaultCleared { id } => snapshot.faults.retain(|fault| fault.id != id),
        Event::TokensChanged { tokens } => snapshot.tokens = tokens,
        Event::LinksChanged { links } => snapshot.links = links,
        Event::ShowNamed { name } => snapshot.name = name,
    }
    snapshot
}

fn the_source(snapshot: &mut Snapshot, id: SourceId) -> &mut Source {
    snapshot
        .sources
        .iter_mut()
        .find(|other| other.id == id)
        .expect("a source changes only after it was added")
}

fn the_fault<'a>(snapshot: &'a mut Snapshot, fault: &Fault) -> Option<&'a mut Fault> {
    snapshot.faults.iter_mut().find(|other| other.id == fault.id)
}

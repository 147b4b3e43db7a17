//! The tree of znodes: versions, ephemeral owners, sequence numbers, and the transaction id that every change raises (zxid).
//!
//! Znodes stand in blocks that checkpoints share until one of them changes.

use super::{Data, Mode, Op, Path, Refusal, Reply, SessionId, Stat, WatchKind};
use crate::engine::Blocks;

/// A znode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Znode {
    /// Contents.
    pub data: Data,
    /// Version, maker, birth.
    pub stat: Stat,
    /// The last transaction that replaced its contents (`mzxid`).
    pub modified: i64,
    /// The last transaction that added or removed a child (`pzxid`).
    pub children_changed: i64,
    /// The number that the next sequential child gets.
    next_child: u32,
}

/// What a change touches: who watches this is told.
pub type Touched = (Path, WatchKind);

/// All znodes.
#[derive(Clone, Debug)]
pub struct Tree {
    zxid: i64,
    znodes: Blocks<Path, Znode>,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// With the znodes that are always there.
    #[must_use]
    pub fn new() -> Self {
        let mut tree = Self { zxid: 0, znodes: Blocks::new() };
        for path in Path::PERSISTENT {
            tree.znodes.insert(*path, Znode::default());
        }
        tree
    }

    /// The last transaction.
    #[must_use]
    pub const fn zxid(&self) -> i64 {
        self.zxid
    }

    /// A znode.
    #[must_use]
    pub fn get(&self, path: Path) -> Option<&Znode> {
        self.znodes.get(&path)
    }

    /// Every znode, as `ls -R` would list them.
    pub fn iter(&self) -> impl Iterator<Item = (Path, &Znode)> {
        self.znodes.iter().map(|(path, znode)| (*path, znode))
    }

    /// Children of a znode, in order.
    pub fn children(&self, path: Path) -> impl Iterator<Item = (Path, &Znode)> {
        let from = path.first_child().map(|first| self.znodes.from(&first));
        let all = from.into_iter().flatten().map(|(child, znode)| (*child, znode));
        all.take_while(move |(child, _)| child.parent() == Some(path))
    }

    /// Znodes that go with a session.
    #[must_use]
    pub fn owned_by(&self, session: SessionId) -> Vec<Path> {
        let controller = self.get(Path::Controller).map(|znode| (Path::Controller, znode));
        let ephemeral = self.children(Path::BrokerIds).chain(controller);
        ephemeral.filter(|(_, znode)| znode.stat.owner == Some(session)).map(|(path, _)| path).collect()
    }

    // ---- what clients ask for ----

    /// Does what a session asks for. What changed is added to `touched`.
    pub fn perform(&mut self, session: SessionId, op: &Op, touched: &mut Vec<Touched>) -> Reply {
        if let Op::Multi(ops) = op {
            return self.multi(session, ops, touched);
        }
        if op.reads() {
            return self.read(op);
        }
        self.zxid += 1;
        match self.write(session, op, touched) {
            Ok(reply) => reply,
            Err(refusal) => {
                self.zxid -= 1;
                Reply::Refused(refusal)
            }
        }
    }

    /// All or none: one transaction. Each part is judged by the tree as it was before (Kafka's name different znodes).
    fn multi(&mut self, session: SessionId, ops: &[Op], touched: &mut Vec<Touched>) -> Reply {
        if let Some((failed, refusal)) = (0..).zip(ops).find_map(|(ix, op)| Some((ix, self.judge(op).err()?)))
        {
            let why = |n| if n == failed { refusal } else { Refusal::RuntimeInconsistency };
            return Reply::Multi((0..ops.len()).map(|n| Reply::Refused(why(n))).collect());
        }
        self.zxid += 1;
        let write = |op| self.write(session, op, touched).unwrap_or_else(Reply::Refused);
        Reply::Multi(ops.iter().map(write).collect())
    }

    /// Whether a write can be done now.
    fn judge(&self, op: &Op) -> Result<(), Refusal> {
        let fits = |path, version: Option<i32>| {
            let znode = self.get(path).ok_or(Refusal::NoNode)?;
            let same = version.is_none_or(|version| version == znode.stat.version);
            if same { Ok(()) } else { Err(Refusal::BadVersion) }
        };
        match op {
            Op::Create { path, how, .. } => {
                if path.parent().is_some_and(|parent| self.get(parent).is_none()) {
                    return Err(Refusal::NoNode);
                }
                let taken = *how != Mode::Sequential && self.get(*path).is_some();
                if taken { Err(Refusal::NodeExists) } else { Ok(()) }
            }
            Op::Set { path, version, .. } => fits(*path, *version),
            Op::Check { path, version } => fits(*path, Some(*version)),
            Op::Delete { path } => {
                fits(*path, None)?;
                if self.children(*path).next().is_some() { Err(Refusal::NotEmpty) } else { Ok(()) }
            }
            _ => Err(Refusal::RuntimeInconsistency),
        }
    }

    fn read(&self, op: &Op) -> Reply {
        match op {
            Op::Get { path, .. } => match self.get(*path) {
                Some(znode) => Reply::Data(znode.data.clone(), znode.stat),
                None => Reply::Refused(Refusal::NoNode),
            },
            Op::Exists { path, .. } => Reply::Found(self.get(*path).map(|znode| znode.stat)),
            Op::Children { path, .. } if self.get(*path).is_some() => {
                Reply::Children(self.children(*path).map(|(child, _)| child).collect())
            }
            _ => Reply::Refused(Refusal::NoNode),
        }
    }

    fn write(&mut self, session: SessionId, op: &Op, touched: &mut Vec<Touched>) -> Result<Reply, Refusal> {
        self.judge(op)?;
        let zxid = self.zxid;
        match op {
            Op::Create { path, data, how } => Ok(self.create(session, *path, data, *how, touched)),
            Op::Set { path, data, .. } => {
                let znode = self.znodes.get_mut(path).ok_or(Refusal::NoNode)?;
                znode.data.clone_from(data);
                znode.stat.version += 1;
                znode.modified = zxid;
                touched.push((*path, WatchKind::Node));
                Ok(Reply::Done(*path, znode.stat))
            }
            Op::Delete { path } => {
                self.znodes.remove(path);
                touched.push((*path, WatchKind::Node));
                self.touch_parent(*path, touched);
                Ok(Reply::Done(*path, Stat::default()))
            }
            _ => {
                let Op::Check { path, .. } = op else { return Err(Refusal::RuntimeInconsistency) };
                Ok(Reply::Done(*path, self.get(*path).map(|znode| znode.stat).unwrap_or_default()))
            }
        }
    }

    fn create(
        &mut self,
        session: SessionId,
        path: Path,
        data: &Data,
        how: Mode,
        touched: &mut Vec<Touched>,
    ) -> Reply {
        let mut path = path;
        if let (Mode::Sequential, Path::ConfigChange(n)) = (how, &mut path)
            && let Some(parent) = self.znodes.get_mut(&Path::ConfigChanges)
        {
            *n = parent.next_child;
            parent.next_child += 1;
        }
        let owner = (how == Mode::Ephemeral).then_some(session);
        let stat = Stat { version: 0, created: self.zxid, owner };
        let znode = Znode { data: data.clone(), stat, modified: self.zxid, ..Znode::default() };
        self.znodes.insert(path, znode);
        touched.push((path, WatchKind::Node));
        self.touch_parent(path, touched);
        Reply::Done(path, stat)
    }

    fn touch_parent(&mut self, path: Path, touched: &mut Vec<Touched>) {
        let zxid = self.zxid;
        if let Some(parent) = path.parent() {
            if let Some(znode) = self.znodes.get_mut(&parent) {
                znode.children_changed = zxid;
            }
            touched.push((parent, WatchKind::Children));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::NodeId;

    const ME: SessionId = SessionId(1);

    fn make(path: Path, data: Data, how: Mode) -> Op {
        Op::Create { path, data, how }
    }

    #[test]
    fn a_multi_is_all_or_nothing_and_says_which_part_failed() {
        let mut tree = Tree::new();
        let mut seen = Vec::new();
        let epoch = make(Path::ControllerEpoch, Data::ControllerEpoch(0), Mode::Persistent);
        assert!(tree.perform(ME, &epoch, &mut seen).refusal().is_none());
        let elect = |node, version| {
            let claim = make(Path::Controller, Data::Controller(NodeId(node)), Mode::Ephemeral);
            let data = Data::ControllerEpoch(1);
            let raise = Op::Set { path: Path::ControllerEpoch, data, version: Some(version) };
            Op::Multi(vec![claim, raise])
        };
        let refused = tree.perform(ME, &elect(1, 7), &mut seen);
        assert_eq!(refused.refusal(), Some(Refusal::BadVersion));
        assert!(tree.get(Path::Controller).is_none(), "the first part is taken back");
        let before = tree.zxid();
        assert!(tree.perform(ME, &elect(1, 0), &mut seen).refusal().is_none());
        assert_eq!(tree.zxid(), before + 1, "one transaction");
        let second = tree.perform(SessionId(2), &elect(2, 0), &mut seen);
        assert_eq!(second.refusal(), Some(Refusal::NodeExists));
        assert_eq!(tree.owned_by(ME), [Path::Controller]);
    }

    #[test]
    fn a_sequential_znode_gets_the_next_number_for_ever() {
        let mut tree = Tree::new();
        let mut seen = Vec::new();
        let change = make(Path::ConfigChange(0), Data::Nothing, Mode::Sequential);
        for n in 0..2 {
            let made = tree.perform(ME, &change, &mut seen);
            assert!(matches!(made, Reply::Done(Path::ConfigChange(m), _) if m == n), "{made:?}");
        }
        tree.perform(ME, &Op::Delete { path: Path::ConfigChange(1) }, &mut seen);
        let made = tree.perform(ME, &change, &mut seen);
        assert!(matches!(made, Reply::Done(Path::ConfigChange(2), _)), "{made:?}");
    }

    #[test]
    fn a_parent_must_be_there_and_must_be_empty_to_go() {
        use crate::kafka::TopicId;
        let mut tree = Tree::new();
        let mut seen = Vec::new();
        let (topic, inside) = (Path::Topic(TopicId(3)), Path::Partitions(TopicId(3)));
        let orphan = tree.perform(ME, &make(inside, Data::Nothing, Mode::Persistent), &mut seen);
        assert_eq!(orphan.refusal(), Some(Refusal::NoNode));
        tree.perform(ME, &make(topic, Data::Nothing, Mode::Persistent), &mut seen);
        tree.perform(ME, &make(inside, Data::Nothing, Mode::Persistent), &mut seen);
        let refused = tree.perform(ME, &Op::Delete { path: topic }, &mut seen);
        assert_eq!(refused.refusal(), Some(Refusal::NotEmpty));
        seen.clear();
        tree.perform(ME, &Op::Delete { path: inside }, &mut seen);
        assert_eq!(seen, [(inside, WatchKind::Node), (topic, WatchKind::Children)]);
    }
}

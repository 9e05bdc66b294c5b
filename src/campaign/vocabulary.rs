//! The words of a ground check: what may be found, at which stage, what was done; each a machine
//! name that never changes, and what people read in Chinese and English.

pub use crate::lang::Lang;

/// One word of a list: its machine name and how people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The name in files, never changed.
    pub name: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

impl Word {
    /// The word as people read it.
    #[must_use]
    pub fn say(&self, lang: Lang) -> &'static str {
        lang.pick(self.zh, self.en)
    }
}

/// A list that a person chooses one word of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordList {
    /// The name of the field that it fills.
    pub name: &'static str,
    /// The words, in the order shown.
    pub words: &'static [Word],
}

impl WordList {
    /// The word with a machine name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static Word> {
        self.words.iter().find(|w| w.name == name)
    }
}

const fn word(name: &'static str, zh: &'static str, en: &'static str) -> Word {
    Word { name, zh, en }
}

/// What stood there. A bad position (`not_found`) and a bad class (`false_alarm`) are different
/// faults and are never merged.
pub const OUTCOME: WordList = WordList {
    name: "outcome",
    words: &[
        word("confirmed", "确认", "confirmed"),
        word("false_alarm", "误报", "false alarm"),
        word("legal_crop", "合法种植", "legal crop"),
        word(
            "already_removed",
            "已铲除或已收",
            "already removed or harvested",
        ),
        word("not_found", "现场无此地块", "no such plot there"),
        word("unreachable", "无法到达", "could not be reached"),
        word("revisit", "待复查", "to be visited again"),
    ],
};

/// Which plant.
pub const SPECIES: WordList = WordList {
    name: "species",
    words: &[
        word("opium_poppy", "罂粟", "opium poppy"),
        word("cannabis", "大麻", "cannabis"),
        word("other", "其他", "other"),
    ],
};

/// What was mistaken for the crop.
pub const CONFUSER: WordList = WordList {
    name: "confuser",
    words: &[
        word("corn_poppy", "虞美人", "corn poppy"),
        word("garden_flower", "观赏花卉", "garden flowers"),
        word("rape", "油菜", "rape"),
        word("vegetable", "蔬菜", "vegetables"),
        word("maize", "玉米", "maize"),
        word("fibre_crop", "红麻、苎麻等", "kenaf, ramie and the like"),
        word("medicinal_herb", "药材", "medicinal herbs"),
        word("shrub", "灌木", "shrubs"),
        word("grass", "草地", "grass, lawn"),
        word(
            "bare_ground",
            "裸地、滑坡、采伐迹地",
            "bare ground, landslide, felled clearing",
        ),
        word(
            "object",
            "塑料布、屋顶等物体",
            "plastic sheet, roof or other object",
        ),
        word("other", "其他", "other"),
    ],
};

/// How far the plants have grown.
pub const STAGE: WordList = WordList {
    name: "stage",
    words: &[
        word("seedling", "苗", "seedling"),
        word("rosette", "莲座", "rosette"),
        word("bud", "蕾", "bud"),
        word("flower", "花", "flower"),
        word("capsule", "果", "capsule"),
        word("lanced", "已割浆", "lanced"),
        word("dry", "枯", "dry"),
    ],
};

/// How plants were counted.
pub const COUNT_METHOD: WordList = WordList {
    name: "count_method",
    words: &[
        word("full", "逐株清点", "every plant"),
        word("sample", "样方抽样", "quadrats"),
    ],
};

/// What was done with the plants.
pub const DISPOSAL: WordList = WordList {
    name: "disposal",
    words: &[
        word(
            "self_before_maturity",
            "成熟前自行铲除",
            "removed by the grower before maturity",
        ),
        word(
            "self_after",
            "成熟后自行铲除",
            "removed by the grower after maturity",
        ),
        word("forced", "强制铲除", "removed by force"),
        word("transferred", "移交", "handed over"),
        word("none", "未处置", "nothing done"),
    ],
};

/// Yes or no.
pub const YES_NO: WordList = WordList {
    name: "yes_no",
    words: &[word("yes", "是", "yes"), word("no", "否", "no")],
};

/// All lists.
pub const LISTS: [WordList; 7] = [
    OUTCOME,
    SPECIES,
    CONFUSER,
    STAGE,
    COUNT_METHOD,
    DISPOSAL,
    YES_NO,
];

/// A crop as people read it: a class of a model, or its own name where it is none of ours.
#[must_use]
pub fn crop_name(class: &str, lang: Lang) -> &str {
    SPECIES.get(class).map_or(class, |word| word.say(lang))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn words_are_unique_and_said_in_both_languages() {
        for list in LISTS {
            let mut seen = BTreeSet::new();
            for word in list.words {
                assert!(seen.insert(word.name), "{} {}", list.name, word.name);
                assert!(!word.say(Lang::Zh).is_empty() && !word.say(Lang::En).is_empty());
            }
        }
        assert_eq!(OUTCOME.get("not_found").map(|w| w.zh), Some("现场无此地块"));
        assert_eq!(crop_name("opium_poppy", Lang::Zh), "罂粟");
        assert_eq!(crop_name("tobacco", Lang::Zh), "tobacco");
    }
}

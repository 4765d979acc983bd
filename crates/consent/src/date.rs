//! Calendar days and their English names, for the end date that the owner reads aloud. Knows no time zone but UTC.

use crate::Refusal;

pub(crate) const DAY_SECONDS: u64 = 86_400;

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day of the Gregorian calendar (UTC) between 1970 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    days: u32,
}

impl Date {
    const LAST: u32 = 2_932_896;

    /// The day of a Unix time in seconds.
    #[must_use]
    pub fn of(unix_seconds: u64) -> Self {
        Self { days: u32::try_from(unix_seconds / DAY_SECONDS).unwrap_or(Self::LAST).min(Self::LAST) }
    }

    /// From days since 1 January 1970.
    pub(crate) fn from_days(days: u64) -> Option<Self> {
        u32::try_from(days).ok().filter(|&days| days <= Self::LAST).map(|days| Self { days })
    }

    /// Days since 1 January 1970.
    pub(crate) fn days(self) -> u64 {
        self.days.into()
    }

    /// `months` later, on the same day or the month's last.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Self {
        let (year, month, day) = self.parts();
        let index = year * 12 + (month - 1) + months;
        let (year, month) = (index / 12, index % 12 + 1);
        (1..=day).rev().find_map(|day| Self::from_parts(year, month, day)).unwrap_or(Self { days: Self::LAST })
    }

    /// Reads `2027-03-15`.
    ///
    /// # Errors
    /// [`Refusal::Terms`] when it is no date.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let wrong = Refusal::Terms { what: "the end date is not a date like 2027-03-15" };
        let mut numbers = text.split('-').map(str::parse::<u32>);
        match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) => Self::from_parts(year, month, day).ok_or(wrong),
            _ => Err(wrong),
        }
    }

    /// First second after the day.
    #[must_use]
    pub fn end(self) -> u64 {
        (self.days() + 1) * DAY_SECONDS
    }

    /// Year, month (1 to 12), day of the month.
    #[must_use]
    pub fn parts(self) -> (u32, u32, u32) {
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so leap days come last.
        let shifted = self.days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        (year_of_era + era * 400 + u32::from(month <= 2), month, day)
    }

    fn from_parts(year: u32, month: u32, day: u32) -> Option<Self> {
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let shifted_year = year - u32::from(month <= 2);
        let (era, year_of_era) = (shifted_year / 400, shifted_year % 400);
        let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let date = Self { days: era * 146_097 + day_of_era - 719_468 };
        // A day that the month does not have comes back as a day of the next.
        (date.parts() == (year, month, day)).then_some(date)
    }

    /// As it is read aloud in English: `March 15, 2027`.
    #[must_use]
    pub fn english(self) -> String {
        let (year, month, day) = self.parts();
        format!("{} {day}, {year}", MONTHS[month as usize - 1])
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(Date::of(0).to_string(), "1970-01-01");
        assert_eq!(Date::of(1_709_164_800).to_string(), "2024-02-29");
        assert_eq!(Date::from_days(u64::from(Date::LAST)).unwrap().to_string(), "9999-12-31");
        for days in (0..Date::LAST).step_by(97) {
            let date = Date { days };
            assert_eq!(Date::parse(&date.to_string()).unwrap(), date);
        }
        assert!(
            Date::parse("2027-02-29").is_err() && Date::parse("2027-13-01").is_err() && Date::parse("soon").is_err()
        );
        assert_eq!(Date::parse("2026-08-31").unwrap().plus_months(6).to_string(), "2027-02-28");
        assert_eq!(Date::parse("2027-03-15").unwrap().english(), "March 15, 2027");
    }
}

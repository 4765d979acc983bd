//! Units and money in words.

/// Units as they are written after a number: symbol, one, many. Case matters: "MW" is not "mW".
const UNITS: &[(&str, &str, &str)] = &[
    ("km", "kilometer", "kilometers"),
    ("m", "meter", "meters"),
    ("cm", "centimeter", "centimeters"),
    ("mm", "millimeter", "millimeters"),
    ("µm", "micrometer", "micrometers"),
    ("nm", "nanometer", "nanometers"),
    ("mi", "mile", "miles"),
    ("ft", "foot", "feet"),
    ("in", "inch", "inches"),
    ("yd", "yard", "yards"),
    ("km^2", "square kilometer", "square kilometers"),
    ("m^2", "square meter", "square meters"),
    ("cm^2", "square centimeter", "square centimeters"),
    ("m^3", "cubic meter", "cubic meters"),
    ("cm^3", "cubic centimeter", "cubic centimeters"),
    ("sqm", "square meter", "square meters"),
    ("ha", "hectare", "hectares"),
    ("t", "ton", "tons"),
    ("kg", "kilogram", "kilograms"),
    ("g", "gram", "grams"),
    ("mg", "milligram", "milligrams"),
    ("µg", "microgram", "micrograms"),
    ("lb", "pound", "pounds"),
    ("lbs", "pound", "pounds"),
    ("oz", "ounce", "ounces"),
    ("l", "liter", "liters"),
    ("L", "liter", "liters"),
    ("ml", "milliliter", "milliliters"),
    ("mL", "milliliter", "milliliters"),
    ("cl", "centiliter", "centiliters"),
    ("km/h", "kilometer per hour", "kilometers per hour"),
    ("kmh", "kilometer per hour", "kilometers per hour"),
    ("kph", "kilometer per hour", "kilometers per hour"),
    ("mph", "mile per hour", "miles per hour"),
    ("m/s", "meter per second", "meters per second"),
    ("m/s^2", "meter per second squared", "meters per second squared"),
    ("°C", "degree Celsius", "degrees Celsius"),
    ("°F", "degree Fahrenheit", "degrees Fahrenheit"),
    ("°", "degree", "degrees"),
    ("Hz", "hertz", "hertz"),
    ("kHz", "kilohertz", "kilohertz"),
    ("MHz", "megahertz", "megahertz"),
    ("GHz", "gigahertz", "gigahertz"),
    ("KB", "kilobyte", "kilobytes"),
    ("kB", "kilobyte", "kilobytes"),
    ("MB", "megabyte", "megabytes"),
    ("GB", "gigabyte", "gigabytes"),
    ("TB", "terabyte", "terabytes"),
    ("kbps", "kilobit per second", "kilobits per second"),
    ("Mbps", "megabit per second", "megabits per second"),
    ("Gbps", "gigabit per second", "gigabits per second"),
    ("W", "watt", "watts"),
    ("kW", "kilowatt", "kilowatts"),
    ("MW", "megawatt", "megawatts"),
    ("GW", "gigawatt", "gigawatts"),
    ("kWh", "kilowatt hour", "kilowatt hours"),
    ("V", "volt", "volts"),
    ("kV", "kilovolt", "kilovolts"),
    ("mV", "millivolt", "millivolts"),
    ("A", "amp", "amps"),
    ("mA", "milliamp", "milliamps"),
    ("mAh", "milliamp hour", "milliamp hours"),
    ("Ω", "ohm", "ohms"),
    ("s", "second", "seconds"),
    ("sec", "second", "seconds"),
    ("secs", "second", "seconds"),
    ("ms", "millisecond", "milliseconds"),
    ("min", "minute", "minutes"),
    ("mins", "minute", "minutes"),
    ("h", "hour", "hours"),
    ("hr", "hour", "hours"),
    ("hrs", "hour", "hours"),
    ("yr", "year", "years"),
    ("yrs", "year", "years"),
    ("cal", "calorie", "calories"),
    ("kcal", "kilocalorie", "kilocalories"),
    ("J", "joule", "joules"),
    ("kJ", "kilojoule", "kilojoules"),
    ("dB", "decibel", "decibels"),
    ("Pa", "pascal", "pascals"),
    ("hPa", "hectopascal", "hectopascals"),
    ("kPa", "kilopascal", "kilopascals"),
    ("psi", "pound per square inch", "pounds per square inch"),
    ("rpm", "revolution per minute", "revolutions per minute"),
    ("fps", "frame per second", "frames per second"),
    ("px", "pixel", "pixels"),
    ("dpi", "dot per inch", "dots per inch"),
    ("%", "percent", "percent"),
    ("‰", "per mille", "per mille"),
];

/// Symbols that are more often something else when a space parts them from the number.
const ONLY_ATTACHED: &[&str] = &["in", "A", "s", "h", "J", "t", "L", "l"];

/// The unit with this symbol, as one and as many.
pub(super) fn find(symbol: &str) -> Option<(&'static str, &'static str)> {
    // The Greek letter and the micro sign look the same.
    let symbol = symbol.replace('\u{3BC}', "\u{B5}");
    UNITS.iter().find(|(written, ..)| *written == symbol).map(|(_, one, many)| (*one, *many))
}

/// The same for a symbol that a space parts from the number.
pub(super) fn find_apart(symbol: &str) -> Option<(&'static str, &'static str)> {
    if ONLY_ATTACHED.contains(&symbol) { None } else { find(symbol) }
}

/// One of a currency, many, and its hundredth part as one and as many.
#[derive(Debug)]
pub(super) struct Money {
    pub(super) one: &'static str,
    pub(super) many: &'static str,
    pub(super) cent: Option<(&'static str, &'static str)>,
}

/// The currency that this sign means, before or after the number.
pub(super) fn money(sign: &str) -> Option<Money> {
    let cents = Some(("cent", "cents"));
    let (one, many, cent) = match sign {
        "$" => ("dollar", "dollars", cents),
        "US$" => ("U S dollar", "U S dollars", cents),
        "A$" | "AU$" => ("Australian dollar", "Australian dollars", cents),
        "C$" | "CA$" => ("Canadian dollar", "Canadian dollars", cents),
        "£" => ("pound", "pounds", Some(("penny", "pence"))),
        "€" => ("euro", "euros", cents),
        "¥" => ("yen", "yen", None),
        "₹" => ("rupee", "rupees", None),
        "₽" => ("ruble", "rubles", None),
        "₩" => ("won", "won", None),
        "¢" => ("cent", "cents", None),
        _ => return None,
    };
    Some(Money { one, many, cent })
}

/// "k", "M", "bn" and the like after an amount of money, or a whole word.
pub(super) fn magnitude(suffix: &str) -> Option<&'static str> {
    Some(match suffix {
        "k" | "K" | "thousand" => "thousand",
        "m" | "M" | "mn" | "mm" | "million" => "million",
        "b" | "B" | "bn" | "billion" => "billion",
        "t" | "T" | "tn" | "trillion" => "trillion",
        _ => return None,
    })
}

-- A variable or a value of a configuration seed that nobody knows is refused before anything is built, and so are
-- `--vars` that would move verdicts now and move them back with the next build that goes without.
{% macro refuse_wrong_settings() -%}
    {%- if execute and flags.WHICH in ['run', 'build', 'seed'] -%}
        {%- set problems = wrong_variables() or (changed_variables() if writes_state() else []) -%}
        {%- set problems = problems + wrong_seed_rows() -%}
        {%- if problems -%}
            {%- do exceptions.raise_compiler_error(problems | join('\n')) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

-- The variables of this project; of those that verdicts rest on the condition that a value meets, and how to say that.
{% macro known_variables() -%}
    {%- set truth = ["try_cast({} as boolean) is not null", 'true or false'] -%}
    {{ return({
        'timing_rule': [
            "{} in ('rank_then_validate', 'validate_then_rank')", 'rank_then_validate or validate_then_rank',
        ],
        'address_max_tier': ["{} in ('1', '2', '3', '4', '5')", '1 to 5'],
        'match_billing_address': truth,
        'email_alias_folding': truth,
        'subscription_order_gap_days': ["try_cast({} as integer) between 0 and 3650", 'whole days, 0 to 3650'],
        'as_of': ["{} = 'None' or try_cast({} as timestamp) is not null", 'a time, ISO 8601'],
        'told_at': none,
        'bounds': none,
        'null_dates': none,
        'accept_changed_vars': none,
    }) }}
{%- endmacro %}

-- A sentence for each variable of the command that is unknown, and for each value that cannot be meant.
{% macro wrong_variables() -%}
    {%- set known, problems = known_variables(), [] -%}
    {%- for name in invocation_args_dict.get('vars') or {} if name not in known -%}
        {%- do problems.append(
            'The variable ' ~ name ~ ' is unknown; the nearest that is known is ' ~ nearest(name, known) ~ '.'
        ) -%}
    {%- endfor -%}
    {%- for name, rule in known.items() if rule -%}
        {%- set value = string_literal(escape_single_quotes(var(name) | string)) -%}
        {%- if not run_query('select ' ~ rule[0] | replace('{}', value)).rows[0][0] -%}
            {%- do problems.append('The variable ' ~ name ~ ' must be ' ~ rule[1] ~ '.') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(problems) }}
{%- endmacro %}

-- The known name that is spelled most like one that is not.
{% macro nearest(name, known) -%}
    {%- set names = [] -%}
    {%- for one in known -%}
        {%- do names.append("select '" ~ one ~ "' as name") -%}
    {%- endfor -%}
    {%- set distance = edit_distance('name', string_literal(escape_single_quotes(name))) -%}
    {{ return(run_query(
        'select name from (' ~ names | join(' union all ') ~ ') order by ' ~ distance ~ ', name limit 1'
    ).rows[0][0]) }}
{%- endmacro %}

-- A sentence for each variable that verdicts rest on and that another value than the last build's holds, where one of
-- the two was said in `--vars`. `--full-refresh` takes it.
{% macro changed_variables() -%}
    {%- set said, problems = invocation_args_dict.get('vars') or {}, [] -%}
    {%- if flags.FULL_REFRESH or said.get('accept_changed_vars') -%}
        {{ return([]) }}
    {%- endif -%}
    {%- for name, value, was_said in run_query('select name, value, is_of_command from ops.built_variables').rows -%}
        {%- if value != var(name) | string and (was_said or name in said) -%}
            {%- do problems.append(
                'The variable ' ~ name ~ ' is another than in the last build, and --vars do not last: verdicts would '
                ~ 'move, and move back with the next build. Set it in dbt_project.yml or, by brand, in '
                ~ 'organizations.csv; or add --full-refresh if it is to change now.'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(problems) }}
{%- endmacro %}

-- What the next build compares its variables with.
{% macro remember_variables() %}
    {%- set said = invocation_args_dict.get('vars') or {} %}
    delete from ops.built_variables;
    {%- for name, rule in known_variables().items() if rule and name != 'as_of' %}
    insert into ops.built_variables
    values ('{{ name }}', {{ string_literal(escape_single_quotes(var(name) | string)) }}, {{ name in said }});
    {%- endfor %}
{%- endmacro %}

-- A sentence for each value of the configuration seeds that cannot be taken: file, line and column.
{% macro wrong_seed_rows() -%}
    {%- set folder = env_var('MATCHBACK_CONFIG', 'seeds/config') -%}
    {%- set methods = ['email', 'address', 'discount_code', 'holdout'] -%}
    {%- set rules = {
        'match_methods': {
            'match_method': ["match_method in ('" ~ methods | join("', '") ~ "')", 'one of ' ~ methods | join(', ')],
            'match_method ': ['count(*) over (partition by match_method) = 1', 'in one row alone'],
            'priority': ['try_cast(priority as integer) is not null', 'a whole number'],
            'priority ': ['count(*) over (partition by priority) = 1', 'another in each row'],
            'is_enabled': ['try_cast(is_enabled as boolean) is not null', 'true or false'],
            'max_recipients_per_key': [
                "coalesce(max_recipients_per_key, '') = '' "
                ~ "or coalesce(try_cast(max_recipients_per_key as integer) > 0, false)",
                'a whole number above 0, or empty',
            ],
        },
        'blackout_periods': {
            'organization_id': ["coalesce(organization_id, '') <> ''", 'a brand'],
            'starts_at': ['try_cast(starts_at as timestamp) is not null', 'a time, ISO 8601'],
            'ends_at': ['try_cast(ends_at as timestamp) is not null', 'a time, ISO 8601'],
            'ends_at ': [
                'coalesce(try_cast(ends_at as timestamp) > try_cast(starts_at as timestamp), true)', 'after starts_at',
            ],
        },
    } -%}
    {%- set problems = [] -%}
    {%- for seed, columns in rules.items() -%}
        {%- for column, (condition, expected) in columns.items() -%}
            {%- set found = run_query(
                'select line from (select line, coalesce(' ~ condition ~ ', false) as is_right from ('
                ~ csv_rows(folder ~ '/' ~ seed ~ '.csv') ~ ')) where not is_right order by line limit 1'
            ) -%}
            {%- for row in found.rows -%}
                {%- do problems.append(
                    folder ~ '/' ~ seed ~ '.csv, line ' ~ row[0] ~ ': ' ~ column | trim ~ ' must be ' ~ expected ~ '.'
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(problems) }}
{%- endmacro %}
